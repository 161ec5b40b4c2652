//! Tokens of an OpenID Connect provider: what they open, where their keys come from, and what is tried with them.

use crate::support::{
    http::Response,
    issuer::{AUDIENCE, ISSUER, KeyServer, Signer, claims, coded, key_set, now},
    patience::until,
    server::{Server, Setup, plantiles},
    tls::Certificate,
};
use ring::hmac;
use serde_json::{Value, json};
use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

const SECRET: &str = "/tiles/mining_rights.json";

fn config(jwks: &str, more: &str) -> String {
    format!(
        "[access]\nroles = [\"office\", \"partner\"]\n[access.layer]\nmining_rights = [\"office\"]\n\
         [access.tokens]\nissuer = \"{ISSUER}\"\naudience = \"{AUDIENCE}\"\njwks = \"{jwks}\"\n{more}\n"
    )
}

/// A server that knows the keys of these signers, by a file.
fn knowing(folder: &Path, signers: &[&Signer], more: &str) -> Server {
    let file = folder.join("jwks.json");
    fs::write(&file, key_set(signers)).unwrap();
    Setup::default().config(&config(file.to_str().unwrap(), more)).env("RUST_LOG", "debug").start()
}

fn show(server: &Server, token: &str) -> Response {
    server.ask("GET", SECRET, &[("authorization", &format!("Bearer {token}"))])
}

/// Waits until a token is answered so.
#[track_caller]
fn answered(server: &Server, token: &str, status: u16) {
    until(&format!("{status}"), || show(server, token).status == status);
}

#[test]
fn a_token_opens_wherever_a_key_does() {
    let folder = tempfile::tempdir().unwrap();
    let (rsa, ec) = (Signer::rsa("rsa"), Signer::ec("ec"));
    let server = knowing(folder.path(), &[&rsa, &ec], "");
    server.get(SECRET).expect_problem(404);
    for signer in [&rsa, &ec] {
        let token = signer.sign(&claims(&["office"]));
        let answer = show(&server, &token).expect(200);
        assert_eq!(answer.expect_header("cache-control"), "private, no-cache");
        assert!(!answer.text().contains(&token));
        server.ask("GET", SECRET, &[("x-api-key", &token)]).expect(200);
        let inside = server.url(&format!("/key/{token}/tiles/"));
        for path in [format!("{SECRET}?key={token}"), format!("/key/{token}{SECRET}")] {
            let tiles = server.get(&path).expect(200).json()["tiles"][0].as_str().unwrap().to_owned();
            assert!(tiles.starts_with(&inside), "{tiles}");
        }
        show(&server, &signer.sign(&claims(&["partner"]))).expect_problem(404);
        assert!(!server.log().contains(&token), "a token in the log");
    }
    // Where there is no file of keys, no key is one.
    server.ask("GET", SECRET, &[("x-api-key", "plt_x")]).expect_problem(401);
}

#[test]
fn the_role_is_the_first_of_the_token_that_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Signer::ec("ec");
    let server = knowing(folder.path(), &[&signer], "roles = \"realm_access.roles\"");
    let with = |roles: Value| {
        let mut claims = claims(&[]);
        claims["realm_access"] = json!({ "roles": roles });
        show(&server, &signer.sign(&claims))
    };
    with(json!("office")).expect(200);
    with(json!(["offline_access", "Default Roles", 7, "office", "partner"])).expect(200);
    with(json!(["partner", "office"])).expect_problem(404);
    for none in [json!([]), json!("admin"), json!(["Office"]), json!(7), json!({"office": true}), Value::Null]
    {
        let problem = with(none).expect_problem(403);
        assert!(problem["detail"].as_str().unwrap().contains("no role"), "{problem}");
    }
    show(&server, &signer.sign(&claims(&["office"]))).expect_problem(403);
    let folder = tempfile::tempdir().unwrap();
    let server = knowing(folder.path(), &[&signer], "roles = \"https://example.org/roles\"");
    let mut named = claims(&[]);
    named["https://example.org/roles"] = json!(["office"]);
    show(&server, &signer.sign(&named)).expect(200);
}

#[test]
fn clocks_may_be_apart_by_the_leeway() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Signer::ec("ec");
    let server = knowing(folder.path(), &[&signer], "leeway_seconds = 100");
    let at = |claim: &str, seconds: i64| {
        let mut claims = claims(&["office"]);
        claims[claim] = json!(now() + seconds);
        show(&server, &signer.sign(&claims)).status
    };
    assert_eq!((at("exp", -40), at("exp", -160)), (200, 401));
    assert_eq!((at("nbf", 40), at("nbf", 160)), (200, 401));
}

/// `claims` with one of them set; null takes it out.
fn but(claim: &str, value: Value) -> Value {
    let mut claims = claims(&["office"]);
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(claim)),
        value => claims[claim] = value,
    }
    claims
}

#[test]
fn tokens_that_say_what_they_should_not_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let (rsa, ec) = (Signer::rsa("rsa"), Signer::ec("ec"));
    let server = knowing(folder.path(), &[&rsa, &ec], "");
    for signer in [&rsa, &ec] {
        for (claim, value) in [
            ("iss", json!("https://login.example.org/realms/other")),
            ("iss", json!(format!("{ISSUER}/"))),
            ("iss", json!(7)),
            ("iss", Value::Null),
            ("aud", json!("other")),
            ("aud", json!(["other", "another"])),
            ("aud", json!([])),
            ("aud", json!({"plantiles": true})),
            ("aud", Value::Null),
            ("exp", json!(now() - 61)),
            ("exp", json!(0)),
            ("exp", json!(-1)),
            ("exp", json!("2999-01-01")),
            ("exp", json!((now() + 300).to_string())),
            ("exp", json!(true)),
            ("exp", Value::Null),
            ("nbf", json!(now() + 120)),
            ("nbf", json!("tomorrow")),
            ("sub", Value::Null),
            ("sub", json!(7)),
        ] {
            let answer = show(&server, &signer.sign(&but(claim, value.clone())));
            assert_eq!(answer.status, 401, "{claim}: {value}");
            assert!(answer.expect_header("www-authenticate").contains("invalid_token"));
            answer.expect_problem(401);
        }
        show(&server, &signer.sign(&but("aud", json!(["other", AUDIENCE])))).expect(200);
    }
}

#[test]
fn forged_tokens_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let (rsa, ec) = (Signer::rsa("rsa"), Signer::ec("ec"));
    let server = knowing(folder.path(), &[&rsa, &ec], "");
    let wanted = claims(&["office"]);
    let part = |value: &Value| coded(value.to_string());
    let unsigned = |header: Value| format!("{}.{}.", part(&header), part(&wanted));
    let mut forged = vec![];
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        for header in
            [json!({"alg": alg}), json!({"alg": alg, "kid": "rsa"}), json!({"alg": alg, "kid": "ec"})]
        {
            forged.push(unsigned(header.clone()));
            forged.push(unsigned(header.clone()) + "AAAA");
            forged.push(rsa.sign_with(&header, &wanted));
        }
    }
    // The public key taken for a secret that both have.
    for signer in [&rsa, &ec] {
        let secrets = [signer.public(), signer.jwk().to_string().into_bytes(), signer.kid.into(), vec![]];
        for secret in secrets {
            let header = json!({"alg": "HS256", "kid": signer.kid});
            let message = format!("{}.{}", part(&header), part(&wanted));
            let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
            forged.push(format!("{message}.{}", coded(mac)));
        }
    }
    // Keys of somebody else: under a name that is known, under none, named in the token, and told where to find.
    for stranger in
        [Signer::rsa("rsa"), Signer::ec("ec"), Signer::ec("rsa"), Signer::rsa("ec"), Signer::ec("new")]
    {
        let alg = stranger.algorithm();
        forged.push(stranger.sign(&wanted));
        forged.push(stranger.sign_with(&json!({"alg": alg}), &wanted));
        forged.push(
            stranger.sign_with(&json!({"alg": alg, "kid": stranger.kid, "jwk": stranger.jwk()}), &wanted),
        );
        let there = "http://127.0.0.1:1/keys";
        forged.push(
            stranger
                .sign_with(&json!({"alg": alg, "kid": stranger.kid, "jku": there, "x5u": there}), &wanted),
        );
    }
    // Algorithms that are not the key's, and keys without a name.
    for alg in ["RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "HS512"] {
        forged.push(rsa.sign_with(&json!({"alg": alg, "kid": "rsa"}), &wanted));
    }
    forged.push(ec.sign_with(&json!({"alg": "RS256", "kid": "ec"}), &wanted));
    forged.push(ec.sign_with(&json!({"alg": "ES256", "kid": "rsa"}), &wanted));
    forged.push(ec.sign_with(&json!({"alg": "ES256"}), &wanted));
    forged.push(ec.sign_with(&json!({"alg": "ES256", "kid": ""}), &wanted));
    forged.push(ec.sign_with(&json!({"alg": "ES256", "kid": ["ec"]}), &wanted));
    forged.push(ec.sign_with(&json!({"alg": "ES256", "kid": "../ec"}), &wanted));
    // What must be understood and is not (RFC 7515 §4.1.11).
    forged.push(ec.sign_with(&json!({"alg": "ES256", "kid": "ec", "crit": ["b64"], "b64": false}), &wanted));
    forged.push(ec.sign_with(&json!({"alg": "ES256", "kid": "ec", "crit": ["x"], "x": 1}), &wanted));
    // One that is right, changed.
    for signer in [&rsa, &ec] {
        let of_partner = signer.sign(&claims(&["partner"]));
        let parts: Vec<&str> = of_partner.split('.').collect();
        let [head, body, signature] = parts[..] else { panic!("{of_partner}") };
        show(&server, &of_partner).expect_problem(404);
        forged.extend([
            format!("{head}.{}.{signature}", part(&wanted)),
            format!("{head}.{body}."),
            format!("{head}.{body}"),
            format!("{head}..{signature}"),
            format!(".{body}.{signature}"),
            format!("{head}.{body}.{signature}."),
            format!("{head}.{body}.{signature}.{signature}"),
            format!("{head}.{body}.{signature}A"),
            format!("{head}.{body}.{}", &signature[..signature.len() - 4]),
            format!("{head}.{body}.{}", coded(vec![0; if signer.algorithm() == "ES256" { 64 } else { 256 }])),
            format!("{head}.{body}=.{signature}"),
            format!(" {head}.{body}.{signature} x"),
            "..".to_owned(),
            ".".to_owned(),
            "a.b.c".to_owned(),
        ]);
    }
    for token in &forged {
        let answer = show(&server, token);
        assert_eq!(answer.status, 401, "{token}");
        answer.expect_problem(401);
    }
    show(&server, &rsa.sign(&wanted)).expect(200);
    show(&server, &ec.sign(&wanted)).expect(200);
}

#[test]
fn keys_of_a_file_come_and_go_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let (old, new) = (Signer::ec("old"), Signer::ec("new"));
    fs::write(&file, key_set(&[&old])).unwrap();
    let toml = config(file.to_str().unwrap(), "");
    let server = Setup::default().config(&toml).expect_log("keys of tokens stay as they were").start();
    let [of_old, of_new] = [&old, &new].map(|signer| signer.sign(&claims(&["office"])));
    show(&server, &of_old).expect(200);
    show(&server, &of_new).expect_problem(401);
    fs::write(&file, key_set(&[&new])).unwrap();
    answered(&server, &of_new, 200);
    show(&server, &of_old).expect_problem(401);
    fs::write(&file, "{").unwrap();
    server.wait_for_log("keys of tokens stay as they were");
    show(&server, &of_new).expect(200);
    fs::write(&file, key_set(&[&old])).unwrap();
    answered(&server, &of_old, 200);
}

#[test]
fn keys_of_a_url_are_fetched_again_for_a_key_that_is_new_and_not_for_every_token() {
    let (old, new) = (Signer::ec("old"), Signer::ec("new"));
    let keys = KeyServer::start(&key_set(&[&old]));
    let server = Setup::default()
        .config(&config(&keys.url, ""))
        .expect_log("keys of tokens stay as they were")
        .start();
    let [of_old, of_new] = [&old, &new].map(|signer| signer.sign(&claims(&["office"])));
    answered(&server, &of_old, 200);
    keys.show(Some(key_set(&[&old, &new])));
    answered(&server, &of_new, 200);
    show(&server, &of_old).expect(200);
    // It is away: what is known stays, and strangers do not have it asked without end.
    keys.show(None);
    let (before, start) = (keys.asked(), Instant::now());
    let stranger = Signer::ec("stranger").sign(&claims(&["office"]));
    until("they are fetched again", || {
        show(&server, &stranger).expect_problem(401);
        server.log().contains("keys of tokens stay as they were")
    });
    let asked = keys.asked() - before;
    assert!(asked as u64 <= 1 + start.elapsed().as_secs() / 5, "asked {asked} times");
    show(&server, &of_new).expect(200);
    show(&server, &of_old).expect(200);
    // The key is withdrawn.
    keys.show(Some(key_set(&[&new])));
    until("it is withdrawn", || {
        show(&server, &stranger).expect_problem(401);
        show(&server, &of_old).status == 401
    });
    show(&server, &of_new).expect(200);
}

/// `openssl` that serves the files of a folder.
struct Files(Child);

impl Drop for Files {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn keys_are_fetched_by_tls_from_whom_an_authority_vouches_for() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Signer::rsa("rsa");
    fs::write(folder.path().join("jwks.json"), key_set(&[&signer])).unwrap();
    let [ours, other] = ["ours", "other"].map(|name| Certificate::new(folder.path(), name));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new("openssl");
    command
        .args(["s_server", "-quiet", "-WWW", "-accept", &port.to_string(), "-cert"])
        .arg(&ours.certificate);
    command.arg("-key").arg(&ours.key).current_dir(folder.path()).stdin(Stdio::null()).stderr(Stdio::null());
    let _files = Files(command.stdout(Stdio::null()).spawn().unwrap());
    until("openssl listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let url = format!("https://localhost:{port}/jwks.json");
    let trusting =
        |certificate: &Certificate| config(&url, &format!("authorities = {:?}", certificate.certificate));
    let token = signer.sign(&claims(&["office"]));
    answered(&Setup::default().config(&trusting(&ours)).start(), &token, 200);
    let stays = "keys of tokens stay as they were";
    let server = Setup::default().config(&trusting(&other)).expect_log(stays).start();
    let line = server.wait_for_log(stays);
    assert!(line.contains("cannot be fetched"), "{line}");
    show(&server, &token).expect_problem(401);
}

#[test]
fn what_is_wrong_with_tokens_is_told_before_anybody_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("jwks.json"), key_set(&[&Signer::ec("ec")])).unwrap();
    fs::write(path("empty.json"), "{\"keys\": []}").unwrap();
    let toml = path("access.toml");
    let run = |command: &str, jwks: &str, more: &str| {
        fs::write(&toml, config(jwks, more)).unwrap();
        let mut command = plantiles(&[command, "--config", &toml, "--state", &path("state")]);
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code(), text.concat())
    };
    let (code, text) = run("check", &path("jwks.json"), "");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("access.tokens: 1 keys\n"), "{text}");
    let unreachable = "http://127.0.0.1:1/keys";
    for (command, jwks, more, told) in [
        ("check", &*path("empty.json"), "", "access.tokens.jwks: no key in it has a `kid`"),
        ("check", unreachable, "", "access.tokens.jwks: cannot be fetched"),
        ("serve", &path("empty.json"), "", "access.tokens.jwks: no key in it has a `kid`"),
        ("serve", &path("none.json"), "", "access.tokens.jwks: cannot read"),
        (
            "serve",
            "https://localhost/",
            &format!("authorities = {:?}", path("jwks.json")),
            "there is no certificate in",
        ),
    ] {
        let (code, text) = run(command, jwks, more);
        assert_eq!(code, Some(1), "{command} {jwks}: {text}");
        assert!(text.contains(told), "{command} {jwks}: {text}");
    }
}

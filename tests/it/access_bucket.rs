//! Keys of servers on several machines, which share a bucket.

use crate::support::{
    keys::Keys,
    objects::Objects,
    patience::until,
    server::{Server, Setup},
};

const SECRET: &str = "/tiles/mining_rights.json";

/// A machine with a configuration and a file of keys of its own.
struct Machine<'a> {
    objects: &'a Objects,
    keys: Keys,
}

impl<'a> Machine<'a> {
    fn new(objects: &'a Objects) -> Self {
        Self { objects, keys: Keys::new() }
    }

    fn server(&self) -> Setup {
        self.objects.server("plan").config(&self.keys.toml())
    }

    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let done = self.objects.environ("plan", &mut self.keys.command(arguments)).output().unwrap();
        match done.status.success() {
            true => Ok(String::from_utf8(done.stdout).unwrap().trim().to_owned()),
            false => Err(String::from_utf8(done.stderr).unwrap()),
        }
    }

    fn create(&self) -> String {
        self.run(&["key", "create", "--role", "office"]).unwrap()
    }

    fn publish(&self) {
        let state = tempfile::tempdir().unwrap();
        self.run(&["publish", "--state", state.path().to_str().unwrap()]).unwrap();
    }
}

fn status(server: &Server, key: &str) -> u16 {
    server.ask("GET", SECRET, &[("x-api-key", key)]).status
}

fn prefix(key: &str) -> &str {
    &key[4..12]
}

#[test]
fn a_key_that_is_made_on_one_machine_counts_on_all_until_it_is_taken_back_on_another() {
    let objects = Objects::start();
    let machines = [Machine::new(&objects), Machine::new(&objects), Machine::new(&objects)];
    machines[2].publish();
    let servers = [machines[0].server().start(), machines[1].server().start()];
    let key = machines[2].create();
    until("it counts", || servers.iter().all(|server| status(server, &key) == 200));
    assert!(!machines[2].keys.file().exists(), "the file is the server's");
    // On a machine that has never had it, from the first answer on.
    assert_eq!(status(&machines[2].server().start(), &key), 200);
    for machine in &machines {
        assert!(machine.run(&["key", "list"]).unwrap().starts_with(prefix(&key)));
        assert!(machine.run(&["check"]).unwrap().contains("2 roles, 1 keys"));
        let link = ["link", "/downloads/mining_rights.fgb", "--key", prefix(&key), "--expires", "1h"];
        let link = machine.run(&link).unwrap();
        let (_, path) = link.split_once("/link/").unwrap();
        for server in &servers {
            server.get(&format!("/link/{path}")).expect(200);
        }
    }
    machines[1].run(&["key", "revoke", prefix(&key)]).unwrap();
    until("it is none any more", || servers.iter().all(|server| status(server, &key) == 401));
    assert_eq!(machines[0].run(&["key", "list"]).unwrap(), "");
}

#[test]
fn keys_count_on_without_the_bucket_and_no_change_is_lost_in_it() {
    let objects = Objects::start();
    let (one, other) = (Machine::new(&objects), Machine::new(&objects));
    one.publish();
    let state = tempfile::tempdir().unwrap();
    let server = || {
        let setup = one.server().state(state.path()).unready();
        setup.expect_log("the bucket does not answer").expect_log("the keys of the bucket cannot be had")
    };
    let mut first = server().start();
    first.wait_until_ready();
    // Several at once: each replaces what it has read, or begins anew.
    let made: Vec<String> = std::thread::scope(|scope| {
        let made: Vec<_> =
            [&one, &other, &one, &other].map(|machine| scope.spawn(|| machine.create())).into();
        made.into_iter().map(|made| made.join().unwrap()).collect()
    });
    until("all count", || made.iter().all(|key| status(&first, key) == 200));
    objects.kill();
    assert_eq!(status(&first, &made[0]), 200);
    let refused = one.run(&["key", "create", "--role", "office"]).unwrap_err();
    assert!(refused.contains("keys of the bucket: "), "{refused}");
    drop(first);
    // Its file has them.
    let again = server().start();
    for key in &made {
        again.ask("GET", "/healthz", &[("x-api-key", key)]).expect(200);
    }
}

/// A machine that had keys before it was over a bucket.
#[test]
fn the_first_change_puts_in_what_the_file_has() {
    let objects = Objects::start();
    let machine = Machine::new(&objects);
    machine.publish();
    let before = machine.keys.create("office");
    let server = machine.server().start();
    assert_eq!(status(&server, &before), 200);
    let after = machine.create();
    until("both count", || [&before, &after].iter().all(|key| status(&server, key) == 200));
    let other = Machine::new(&objects).server().start();
    assert_eq!([&before, &after].map(|key| status(&other, key)), [200, 200]);
}

#[test]
fn what_is_damaged_in_the_bucket_is_told_and_shuts_nobody_out() {
    let (bucket, keys) = (tempfile::tempdir().unwrap(), Keys::new());
    let store = format!("file://{}", bucket.path().display());
    let run = |arguments: &[&str]| {
        let done = keys.command(arguments).env("PLANTILES_STORE", &store).output().unwrap();
        (done.status.success(), String::from_utf8([done.stdout, done.stderr].concat()).unwrap())
    };
    let state = tempfile::tempdir().unwrap();
    assert!(run(&["publish", "--state", state.path().to_str().unwrap()]).0);
    let (_, key) = run(&["key", "create", "--role", "office"]);
    let setup = Setup::default().env("PLANTILES_STORE", &store).config(&keys.toml());
    let server = setup.expect_log("keys stay as they were").start();
    assert_eq!(status(&server, key.trim()), 200);
    std::fs::write(bucket.path().join("keys.json"), "{\n\"keys\": hidden").unwrap();
    let told = server.wait_for_log("keys stay as they were");
    assert!(told.contains("keys.json of the bucket: line 2") && !told.contains("hidden"), "{told}");
    assert_eq!(status(&server, key.trim()), 200);
    for command in
        [&["key", "list"][..], &["key", "create", "--role", "office"], &["key", "revoke", prefix(&key)]]
    {
        let (done, told) = run(command);
        assert!(!done && told.contains("keys.json of the bucket: line 2"), "{told}");
    }
}

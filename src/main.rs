use std::process::ExitCode;

fn main() -> ExitCode {
    plantiles::cli::main()
}

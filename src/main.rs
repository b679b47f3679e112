//! The `teal` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    teal::command::main(std::env::args_os().collect())
}

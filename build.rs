//! How the release program is linked, so that a command starts quickly. Other builds, and programs that embed the library,
//! are linked as ever.

use std::{env, fs, path::PathBuf, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=link");
    if is("PROFILE", "release") && is_known_linker() {
        keep_together("link/token.ld");
        do_without_libgcc();
        stay_at_one_address();
    }
}

/// GNU ld or LLD, one of which is the toolchain's own here. Others, chosen by who builds, may not know these options.
fn is_known_linker() -> bool {
    let chosen = ["RUSTC_LINKER", "CARGO_ENCODED_RUSTFLAGS"].map(|name| env::var(name).unwrap_or_default());
    let target = ["ARCH", "OS", "ENV"].map(|part| env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default());
    target == ["x86_64", "linux", "gnu"] && chosen.concat().is_empty()
}

/// The functions that `token` runs lie side by side (the list is made by scripts/order-functions), where they would be
/// scattered over the whole program and bring most of it into memory.
fn keep_together(list: &str) {
    let list = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(list);
    println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", list.display());
}

/// What is used of libgcc_s, which unwinds the stack, becomes a part of the program: one library less to load. Where the
/// linker looks for that library, it finds these two first.
fn do_without_libgcc() {
    let folder = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let parts = ["libgcc_eh.a", "libgcc.a"];
    if parts.iter().all(|part| has(part))
        && fs::write(folder.join("libgcc_s.so"), format!("GROUP ( {} )\n", parts.join(" "))).is_ok()
    {
        println!("cargo::rustc-link-arg-bins=-L{}", folder.display());
    }
}

/// As Go's programs do. Otherwise each start copies and relocates all tables of addresses, for longer than `token` takes to
/// read its settings. The price: of the program's own code and tables, an attacker who can already write into its memory
/// knows where they are; stack, heap and libraries lie anywhere, as ever. Who faces a network and minds builds with
/// `RUSTFLAGS="-C relocation-model=pic"`, as the Dockerfile does; then the program is linked as ever.
fn stay_at_one_address() {
    println!("cargo::rustc-link-arg-bins=-no-pie");
}

/// Whether the C compiler knows where this library is.
fn has(library: &str) -> bool {
    let found = Command::new("cc").arg(format!("-print-file-name={library}")).output();
    found.is_ok_and(|found| found.stdout.starts_with(b"/"))
}

fn is(variable: &str, value: &str) -> bool {
    env::var(variable).is_ok_and(|found| found == value)
}

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oauth_client_helper_fuzz::targets::imports(data));

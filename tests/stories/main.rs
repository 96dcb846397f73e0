//! What the program does for its users, told over HTTP and the real binary: one file for each story.

// These are tests; clippy.toml lets only functions marked so be blunt.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/lib.rs"]
mod support;

mod api;
mod api_clients;
mod api_description;
mod api_keys;
mod at_rest;
mod authorization_request;
mod authorize_verb;
mod background;
mod callback;
mod callback_answers;
mod client_authentication;
mod client_form;
mod client_pages;
mod client_verbs;
mod command_line;
mod commands;
mod declared;
mod discovery;
mod edge;
mod events;
mod faults;
mod first_token;
mod grants;
mod id_token;
mod imports;
mod integrations;
mod library;
mod login;
mod monitoring;
mod notification;
mod prefix;
mod presets;
mod proxy;
mod published;
mod purge;
mod real_servers;
mod recipes;
mod redis_outage;
mod refresh;
mod remote;
mod remote_authorize;
mod remote_events;
mod remote_keys;
mod second_request;
mod stopped;
mod the_parts_of_the_tests_are_real;
mod tls;
mod token_cache;
mod token_files;
mod unsolicited;
mod wait_verb;

//! The store, against real SQLite files and real Redis servers.

// Every file here is a test, though not every function is marked as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/lib.rs"]
mod support;

mod bench;
mod contract;
mod embedded;
mod failover;
mod faults;
mod redis;
mod sealed;
mod signals;
mod spool;

/// Each sentence holds for both backends.
macro_rules! both {
    ($($module:ident :: $sentence:ident),* $(,)?) => {
        mod in_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $sentence() {
                crate::$module::$sentence(&crate::bench::Bench::embedded()).await;
            })*
        }
        mod in_redis {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $sentence() {
                crate::$module::$sentence(&crate::bench::Bench::redis(&[])).await;
            })*
        }
    };
}

both! {
    contract::a_record_comes_back_with_its_version,
    contract::a_write_over_another_version_is_a_conflict,
    contract::of_fifty_parallel_writers_one_wins,
    contract::of_fifty_parallel_takes_one_gets_the_record,
    contract::an_expired_record_is_absent,
    contract::a_list_has_one_kind_ordered_by_id,
    contract::a_deleted_record_is_gone,
    contract::a_renamed_record_keeps_its_version,
    contract::a_renaming_never_overwrites,
    contract::a_second_store_sees_what_the_first_wrote,
    contract::what_is_read_often_is_opened_once_and_never_old,
    contract::among_many_readers_each_sees_what_was_written_before_it_asked,
    contract::a_lease_keeps_others_out_until_released,
    contract::of_fifty_parallel_leases_one_is_given,
    contract::a_lease_that_ran_out_is_taken_over_with_a_greater_fence,
    signals::an_announcement_reaches_every_listener_on_the_store,
    signals::announcements_come_in_order_and_none_is_lost,
    signals::a_listener_that_is_too_slow_is_told_that_it_missed_something,
    signals::whoever_waits_for_a_lease_is_woken_by_its_release,
    signals::a_dead_holder_delays_nobody_longer_than_its_lease,
    signals::waiting_for_a_lease_ends_when_patience_does,
    signals::a_waiter_is_woken_by_its_name_alone,
    spool::what_the_store_cannot_take_is_kept_read_and_brought_later,
    spool::what_waits_is_also_what_is_read_often,
    spool::a_record_that_waits_is_brought_by_whoever_opens_the_store,
    spool::a_record_that_waits_is_brought_as_soon_as_the_store_takes_it,
    spool::the_next_write_finds_what_waited_in_the_store,
    spool::what_waits_never_takes_the_place_of_something_newer,
    spool::what_waits_does_not_bring_a_deleted_record_back,
    spool::a_deletion_also_deletes_what_waits,
    spool::what_waits_is_laid_over_what_a_failover_brought_back,
    spool::what_waits_does_not_disturb_who_holds_the_lease,
    spool::nothing_that_waits_can_be_read_by_others,
    spool::a_damaged_record_that_waits_is_an_error_and_not_an_old_record,
    spool::without_a_spool_it_is_kept_in_memory,
    spool::a_rekey_leaves_nothing_behind,
    sealed::nothing_at_rest_can_be_read,
    sealed::swapped_records_are_refused,
    sealed::a_changed_byte_is_refused_and_never_overwritten,
    sealed::a_wrong_key_is_refused_and_changes_nothing,
    sealed::of_two_keys_for_a_fresh_store_one_wins,
    sealed::an_old_key_opens_after_a_rotation_and_a_rekey_retires_it,
    sealed::a_record_of_another_form_is_described_without_its_content,
}

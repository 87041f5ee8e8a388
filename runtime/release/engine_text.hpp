#pragma once

#include "runtime/release/stack_of.hpp"

#include <string>

/// The plan's words as shell text: what a stack's engine, files and checks are called there.

namespace baton::release {

/// The engine's own text, kept with each release so that a rollback uses the words that release
/// had. Defines B_KIND, user_vars, and
///   command: user_has NAME, user_prepare, user_start, user_stop, user_status (each runs its
///            arguments with the command's words behind them);
///   compose: compose (docker compose with the stack's options), B_PROJECT, B_IMAGES.
std::string engine_text(const stack_of& of);

/// each_env_file: its arguments with each file beside the commit that the plan names.
/// each_place_file: the same with each secret file of the host that lies elsewhere.
std::string env_files_text(const plan& of, const stack_of& where);

/// each_check: its arguments with the number of each check of the stack that the host makes, and
/// the words that make it.
std::string checks_text(const stack_of& of);

/// The stack's checks that its own host makes, with their numbers in `health.checks`.
std::vector<std::size_t> own_checks(const stack_of& of);

/// What `${host}` means in them.
std::string check_address(const stack_of& of);

} // namespace baton::release

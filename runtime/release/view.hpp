#pragma once

#include "messages/event.hpp"
#include "runtime/release/facts.hpp"
#include "runtime/release/stack_of.hpp"

namespace baton::release {

/// What a look's facts (`look.…`, written by record.sh and the engines) say of a unit. Never
/// throws, whatever the host wrote. A release that runs and has no record is called `unrecorded`.
unit_view read_view(const facts& told, const stack_of& of);

/// Which releases a command stack runs, by its processes.
std::vector<std::string> running_commands(const facts& told);

/// Adds what compose's containers say: releases, health, restarts, start periods.
void read_containers(const facts& told, bool only_what_was_healthy, unit_view& view);

} // namespace baton::release

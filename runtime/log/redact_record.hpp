#pragma once

#include "messages/event.hpp"
#include "runtime/log/redactor.hpp"

namespace baton {

/// The record with secrets taken out of all that is free text: errors with their causes, notes,
/// what is ill, what checks said, alerts, warnings, the free texts of the plan. Left as they are:
/// names, ids and the facts that decide what is done (a value of a secret file may well be the word
/// `production`).
record redact(const redactor& by, record what);

/// What a target has said, as it enters. Of what is ill and what checks said only the beginning may
/// have come.
step_outcome redact(const redactor& by, step_outcome what);

error redact(const redactor& by, error what);

/// What a baton.yaml says, for people: variables, URLs and commands without the secrets in them
/// (secrets/said_secrets.hpp), whatever their length.
fleet redact(const redactor& by, fleet what);
plan redact(const redactor& by, plan what);

} // namespace baton

#pragma once

#include "messages/event.hpp"
#include "runtime/log/redactor.hpp"

namespace baton {

/// The record with secrets taken out of all that is free text: errors with their causes, notes,
/// what is ill, what checks said, alerts, warnings. Left as they are: names, ids, facts and the
/// plan, which decide what is done (a value of a secret file may well be the word `production`).
record redact(const redactor& by, record what);

error redact(const redactor& by, error what);

} // namespace baton

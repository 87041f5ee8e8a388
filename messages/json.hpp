#pragma once

#include "messages/event.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

/// The one wire and disk form of the words. Keys are the members' names; the result alone has some
/// of its own. Reading throws nlohmann's exceptions for what does not fit; unknown keys are
/// ignored, missing ones take the member's default.

namespace baton {

using json = nlohmann::json;
using ordered_json = nlohmann::ordered_json;

ordered_json to_json(const request& value); ///< {commit_hash, environment, …}
request request_from_json(const json& from);

ordered_json to_json(const plan& value);
plan plan_from_json(const json& from);

ordered_json to_json(const fleet& value);
fleet fleet_from_json(const json& from);

ordered_json to_json(const alert_policy& value);
alert_policy alerts_from_json(const json& from);

ordered_json to_json(const error& value); ///< {code, what, host, step, retryable, causes}
error error_from_json(const json& from);

ordered_json to_json(const result& value); ///< what `--json` prints
result result_from_json(const json& from);
ordered_json to_json(const phase_details& value);

/// Of every event's form. A change that an older reader would misunderstand raises it;
/// record_from_json upcasts what is older and refuses what is newer.
inline constexpr int event_version = 1;

/// A record without its number: {type, version, run, at, dice, …members}.
ordered_json to_json(const record& value);
record record_from_json(const json& from);

/// As text in one line; invalid UTF-8 is replaced, never thrown at.
std::string dump(const ordered_json& value);

} // namespace baton

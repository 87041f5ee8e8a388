#include "messages/json_fleet.hpp"

namespace baton {

ordered_json to_json(const engine_t& value) {
  auto made = ordered_json::object();
  if (const auto* compose = std::get_if<compose_engine>(&value))
    made["compose"] = write_json(*compose);
  else
    made["command"] = write_json(std::get<command_engine>(value));
  return made;
}

void from_json(const json& from, engine_t& value) {
  if (const auto command = from.find("command"); command != from.end())
    value = read_as<command_engine>(*command);
  else if (const auto compose = from.find("compose"); compose != from.end())
    value = read_as<compose_engine>(*compose);
  else
    throw json::other_error::create(501, "an engine nobody knows", &from);
}

ordered_json to_json(const alert_policy& value) {
  return write_json(value);
}

alert_policy alerts_from_json(const json& from) {
  return read_as<alert_policy>(from);
}

ordered_json to_json(const fleet& value) {
  return write_json(value);
}

fleet fleet_from_json(const json& from) {
  return read_as<fleet>(from);
}

} // namespace baton

#include "messages/json_plan.hpp"

namespace baton {

ordered_json to_json(const request& value) {
  return write_json(value);
}

request request_from_json(const json& from) {
  return read_as<request>(from);
}

ordered_json to_json(const plan& value) {
  return write_json(value);
}

plan plan_from_json(const json& from) {
  return read_as<plan>(from);
}

} // namespace baton

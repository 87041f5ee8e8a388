#include "messages/json_fields.hpp"

namespace baton {

namespace {

/// One link of an error, without its causes.
ordered_json link_of(const error& value) {
  return {{"code", to_string(value.code)},
          {"what", value.what},
          {"host", value.target},
          {"step", value.step},
          {"retryable", value.retryable}};
}

error link_from(const json& from) {
  error made;
  std::string code;
  json_reader v{from};
  v("code", code);
  v("what", made.what);
  v("host", made.target);
  v("step", made.step);
  v("retryable", made.retryable);
  made.code = ec_from_string(code);
  return made;
}

} // namespace

ordered_json to_json(const error& value) {
  auto made = link_of(value);
  auto causes = ordered_json::array();
  for (auto cause = value.cause; cause; cause = cause->cause)
    causes.push_back(link_of(*cause));
  made["causes"] = std::move(causes);
  return made;
}

error error_from_json(const json& from) {
  auto made = link_from(from);
  if (const auto causes = from.find("causes"); causes != from.end()) {
    // Outermost first on the wire, so the chain is built from its end.
    const auto& links = causes->get_ref<const json::array_t&>();
    for (auto link = links.rbegin(); link != links.rend(); ++link) {
      auto outer = link_from(*link);
      outer.cause = std::move(made.cause);
      made.cause = std::make_shared<const error>(std::move(outer));
    }
  }
  return made;
}

std::string dump(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

} // namespace baton

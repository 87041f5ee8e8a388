#include "messages/json_events.hpp"

namespace baton {

namespace {

/// An event of the alternative with that name, its members zero.
template <std::size_t I = 0>
event_t event_named(const std::string& name, const json& from) {
  if constexpr (I < std::variant_size_v<event_t>) {
    event_t made{std::in_place_index<I>};
    if (type_name(made) != name)
      return event_named<I + 1>(name, from);
    json_reader v{from};
    fields(v, std::get<I>(made));
    return made;
  } else {
    throw json::other_error::create(501, "an event nobody knows: " + name, &from);
  }
}

} // namespace

ordered_json to_json(const record& value) {
  json_writer v;
  v("type", std::string{type_name(value.what)});
  v("version", event_version);
  v("run", value.run);
  v("at", value.at);
  v("dice", value.dice);
  std::visit([&v](const auto& what) { fields(v, what); }, value.what);
  return std::move(v.made);
}

record record_from_json(const json& from) {
  record made;
  std::string type;
  int version = event_version;
  json_reader v{from};
  v("type", type);
  v("version", version);
  if (version > event_version)
    throw json::other_error::create(501, "an event of a newer Baton: " + type, &from);
  v("run", made.run);
  v("at", made.at);
  v("dice", made.dice);
  made.what = event_named(type, from);
  return made;
}

} // namespace baton

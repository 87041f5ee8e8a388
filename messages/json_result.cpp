#include "messages/json_fields.hpp"

#include <set>

namespace baton {

namespace {

/// Those that the order does not name stand behind, by name.
std::vector<std::string> hosts_in_order(const result& value) {
  std::vector<std::string> order;
  std::set<std::string_view> known;
  for (const auto& name : value.host_order)
    if (value.hosts.contains(name) && known.insert(name).second)
      order.push_back(name);
  for (const auto& [name, verdict] : value.hosts)
    if (!known.contains(name))
      order.push_back(name);
  return order;
}

std::vector<std::string> phases_in_order(const result& value) {
  std::vector<std::string> order;
  for (const auto& [id, entry] : value.details)
    order.push_back(id);
  return order;
}

} // namespace

void fields(json_writer& v, const host_verdict& x) {
  v("serves", x.serves);
  v("healthy", x.healthy);
  v("commit", x.commit);
  v("release", x.release);
  if (!x.stacks.empty())
    v("stacks", x.stacks);
}

void fields(json_reader& v, host_verdict& x) {
  v("serves", x.serves);
  v("healthy", x.healthy);
  v("commit", x.commit);
  v("release", x.release);
  v("stacks", x.stacks);
}

void fields(json_writer& v, const host_details& x) {
  v("outcome", x.outcome);
  v("attempts", x.attempts);
  v("duration_seconds", wire_seconds(x.duration_seconds));
  v("error", x.error);
  if (!x.notes.empty())
    v("notes", x.notes);
}

void fields(json_reader& v, host_details& x) {
  v("outcome", x.outcome);
  v("attempts", x.attempts);
  v("duration_seconds", x.duration_seconds);
  v("error", x.error);
  v("notes", x.notes);
}

void fields(json_writer& v, const phase_details& x) {
  v("outcome", x.outcome);
  v("attempts", x.attempts);
  v("duration_seconds", wire_seconds(x.duration_seconds));
  v("error", x.error);
  v("hosts", x.hosts);
  if (!x.by.empty())
    v("by", x.by);
  if (!x.skipped.empty())
    v("skipped", x.skipped);
  if (!x.facts.empty())
    v("facts", x.facts);
}

void fields(json_reader& v, phase_details& x) {
  v("outcome", x.outcome);
  v("attempts", x.attempts);
  v("duration_seconds", x.duration_seconds);
  v("error", x.error);
  v("hosts", x.hosts);
  v("by", x.by);
  v("skipped", x.skipped);
  v("facts", x.facts);
}

ordered_json to_json(const phase_details& value) {
  return write_json(value);
}

ordered_json to_json(const result& value) {
  json_writer v;
  v("schema", value.schema);
  v("run", value.run);
  v("status", value.status);
  v("state", value.state);
  v("phase", value.phase);
  v("systems_deployed", value.systems_deployed);
  v("duration_seconds", wire_seconds(value.duration_seconds));
  v("error", value.why ? std::optional{describe_where(*value.why)} : std::nullopt);
  v("error_detail", value.why);
  v("cancelled", value.cancelled);
  v("cancelled_by", value.cancelled_by);
  v("rollback_failed", value.rollback_failed);
  auto hosts = ordered_json::object();
  for (const auto& name : hosts_in_order(value))
    json_detail::append(hosts, name, write_json(value.hosts.at(name)));
  json_detail::append(v.made, "hosts", std::move(hosts));
  auto details = ordered_json::object();
  for (const auto& [id, entry] : value.details)
    json_detail::append(details, id, write_json(entry));
  json_detail::append(v.made, "details", std::move(details));
  // For readers whose objects keep no order (result_from_json is one of them).
  v("host_order", value.host_order);
  v("phases", phases_in_order(value));
  v("changed", value.changed);
  v("fleet", value.fleet);
  v("environment", value.environment);
  v("commit", value.commit);
  v("release", value.release);
  v("retries", value.retries);
  v("returns_to", value.returns_to);
  v("warnings", value.warnings);
  v("exit_code", value.exit_code);
  return std::move(v.made);
}

result result_from_json(const json& from) {
  result made;
  json_reader v{from};
  v("schema", made.schema);
  v("run", made.run);
  v("status", made.status);
  v("state", made.state);
  v("phase", made.phase);
  v("systems_deployed", made.systems_deployed);
  v("duration_seconds", made.duration_seconds);
  if (const auto why = from.find("error_detail"); why != from.end() && !why->is_null())
    made.why = error_from_json(*why);
  v("cancelled", made.cancelled);
  v("cancelled_by", made.cancelled_by);
  v("rollback_failed", made.rollback_failed);
  v("hosts", made.hosts);
  v("host_order", made.host_order);
  std::map<std::string, phase_details> details;
  v("details", details);
  std::vector<std::string> order;
  v("phases", order);
  for (const auto& id : order)
    if (auto entry = details.extract(id))
      made.details.emplace_back(id, std::move(entry.mapped()));
  for (auto& [id, entry] : details)
    made.details.emplace_back(id, std::move(entry));
  v("changed", made.changed);
  v("fleet", made.fleet);
  v("environment", made.environment);
  v("commit", made.commit);
  v("release", made.release);
  v("retries", made.retries);
  v("returns_to", made.returns_to);
  v("warnings", made.warnings);
  v("exit_code", made.exit_code);
  return made;
}

} // namespace baton

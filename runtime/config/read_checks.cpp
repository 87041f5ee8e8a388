#include "runtime/config/read_fleet.hpp"

#include "runtime/secrets/said_secrets.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace baton {

namespace {

bool is_url(const std::string& text) {
  const auto rest = text.starts_with("http://")    ? text.substr(7)
                    : text.starts_with("https://") ? text.substr(8)
                                                   : std::string{};
  return !rest.empty() && std::ranges::none_of(text, [](unsigned char letter) {
    return letter <= 0x20 || letter == 0x7f;
  });
}

bool is_host_and_port(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return false;
  const auto host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (!bracketed && host.find_first_of(":[] ") != std::string::npos)
    return false;
  int port = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
  return error == std::errc{} && stop == end && port >= 1 && port <= 65535;
}

void read_http(const view& in, health_check& into) {
  in["http"].read(into.url);
  if (!into.url.empty() && !is_url(into.url))
    in["http"].fault("a URL is wanted that begins with http:// or https://, not \""
                     + without_secrets({}, into.url).substr(0, 60) + '"');
  in["expect"].read(into.expect_status);
  in["body"].read_text(into.expect_body);
}

/// What is asked: exactly one of four.
void read_kind(const view& in, health_check& into) {
  int kinds = 0;
  const auto given = [&](std::string_view key, check_kind kind) {
    if (!in[key].present())
      return false;
    into.kind = kind;
    return ++kinds == 1;
  };
  if (given("http", check_kind::http))
    read_http(in, into);
  if (given("tcp", check_kind::tcp)) {
    in["tcp"].read(into.address);
    if (!into.address.empty() && !is_host_and_port(into.address))
      in["tcp"].fault("host:port is wanted, not \"" + into.address.substr(0, 60) + '"');
  }
  if (given("command", check_kind::command))
    in["command"].read(into.run);
  given("compose", check_kind::compose);
  if (kinds != 1 && in.is(yaml_kind::mapping) && !in.has_faults_below())
    in.fault(kinds == 0 ? "does not say what to ask" : "asks more than one thing",
             "one of http, tcp, command, compose is wanted");
  for (const auto* key : {"expect", "body"})
    if (kinds == 1 && into.kind != check_kind::http && in[key].present())
      in[key].fault("only an http check has it");
}

} // namespace

void read_checks(const view& in, const declared_names& names, bool of_verification,
                 std::vector<health_check>& into) {
  if (!in.is(yaml_kind::list))
    return;
  into.clear();
  for (const auto& item : in.items()) {
    health_check made;
    made.on = of_verification ? controller_name : std::string{own_host_name};
    read_kind(item, made);
    item["on"].read(made.on);
    check_target(item["on"], made.on, names, {std::string{own_host_name}, controller_name});
    item["of"].read(made.of);
    item["timeout"].read_positive(made.timeout);
    if (of_verification && !made.of.empty())
      check_reference(item["of"], "stage", made.of, names.stages);
    if (!of_verification && item["of"].present())
      item["of"].fault("only a check of verification has it",
                       "the health of a stack speaks of its own stage");
    if (of_verification && made.kind == check_kind::compose)
      item["compose"].fault("belongs to the health of a stack",
                            "verification asks compose's healthchecks anyway");
    else if (made.kind == check_kind::compose && made.on != own_host_name)
      item["on"].fault("compose's healthchecks are asked where the stack runs, not on " + made.on,
                       "leave `on` out, or ask with http, tcp or command");
    into.push_back(std::move(made));
  }
}

} // namespace baton

#include "runtime/checks/checker.hpp"

#include <utility>

namespace baton {

namespace {

double seconds(duration time) {
  return std::chrono::duration<double>(time).count();
}

/// `host:port`, the host without brackets; no port when there is none.
std::pair<std::string, std::string> host_and_port(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos)
    return {address, ""};
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  return {host, address.substr(colon + 1)};
}

} // namespace

std::string with_host(std::string_view text, std::string_view address) {
  constexpr std::string_view mark = "${host}";
  const bool bare_ipv6 = address.find(':') != std::string_view::npos && !address.starts_with('[');
  const auto shown = bare_ipv6 ? "[" + std::string{address} + "]" : std::string{address};
  std::string made{text};
  for (auto at = made.find(mark); at != std::string::npos; at = made.find(mark, at + shown.size()))
    made.replace(at, mark.size(), shown);
  return made;
}

check_result judge_http(const health_check& wanted, const expected<http_answer>& got) {
  if (!got)
    return {false, got.error().what, 0};
  check_result result{false, {}, seconds(got->took)};
  const auto status = std::to_string(got->status);
  const bool good = wanted.expect_status == 0 ? got->status >= 200 && got->status <= 399
                                              : got->status == wanted.expect_status;
  if (!good)
    result.why =
        "answered with status " + status
        + (wanted.expect_status == 0 ? "" : ", not " + std::to_string(wanted.expect_status));
  else if (got->body.find(wanted.expect_body) == std::string::npos)
    result.why = "answered with status " + status + ", without the expected text";
  else
    result.ok = true;
  return result;
}

void checker::ask(const health_check& what, std::string_view address,
                  std::function<void(check_result)> answer) {
  switch (what.kind) {
  case check_kind::http: {
    http_request request;
    request.url = with_host(what.url, address);
    request.deadline = what.timeout;
    client_.get(std::move(request),
                [what, answer = std::move(answer)](const expected<http_answer>& got) {
                  answer(judge_http(what, got));
                });
    return;
  }
  case check_kind::tcp: {
    const auto [host, port] = host_and_port(with_host(what.address, address));
    client_.connect(host, port, what.timeout,
                    [answer = std::move(answer)](const expected<duration>& took) {
                      answer(took ? check_result{true, {}, seconds(*took)}
                                  : check_result{false, took.error().what, 0});
                    });
    return;
  }
  case check_kind::command:
  case check_kind::compose:
    answer({false, "such a check cannot be asked over the network", 0});
  }
}

} // namespace baton

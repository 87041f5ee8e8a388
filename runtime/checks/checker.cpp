#include "runtime/checks/checker.hpp"

#include "runtime/checks/words.hpp"

#include <utility>

namespace baton {

namespace {

double seconds(duration time) {
  return std::chrono::duration<double>(time).count();
}

} // namespace

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
    if (host.find_first_of("/\\@?#") != host.npos) {
      answer({false, host + " is no host", 0});
      return;
    }
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

#include "runtime/http/client.hpp"

#include "runtime/fault.hpp"
#include "runtime/http/transfer.hpp"

#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace baton {

namespace {

struct multi_deleter {
  void operator()(CURLM* handle) const { ::curl_multi_cleanup(handle); }
};

/// libcurl's own beginning, which is not for two threads at once.
void begin_curl() {
  static const CURLcode begun = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(begun);
}

constexpr int poll_milliseconds = 1000; // libcurl shortens it to its own timers

} // namespace

class http_client::loop {
public:
  loop() {
    begin_curl();
    multi_.reset(::curl_multi_init());
    thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
  }
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  ~loop() {
    thread_.request_stop();
    ::curl_multi_wakeup(multi_.get());
    thread_.join();
  }

  void add(std::unique_ptr<transfer> one) {
    {
      const std::scoped_lock lock{mutex_};
      fresh_.push_back(std::move(one));
    }
    ::curl_multi_wakeup(multi_.get());
  }

private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      begin_fresh();
      int running = 0;
      ::curl_multi_perform(multi_.get(), &running);
      end_finished();
      if (!has_fresh())
        ::curl_multi_poll(multi_.get(), nullptr, 0, poll_milliseconds, nullptr);
    }
    cancel_all();
  }

  std::vector<std::unique_ptr<transfer>> take_fresh() {
    const std::scoped_lock lock{mutex_};
    return std::exchange(fresh_, {});
  }

  bool has_fresh() {
    const std::scoped_lock lock{mutex_};
    return !fresh_.empty();
  }

  void begin_fresh() {
    for (auto& one : take_fresh()) {
      auto* handle = one->handle();
      if (handle != nullptr && ::curl_multi_add_handle(multi_.get(), handle) == CURLM_OK)
        under_way_.emplace(handle, std::move(one));
      else
        one->failed(make_error(ec::internal, "libcurl takes no more requests"));
    }
  }

  void end_finished() {
    int left = 0;
    while (const auto* message = ::curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      const auto how = message->data.result;
      auto* handle = message->easy_handle;
      const auto one = under_way_.extract(handle);
      ::curl_multi_remove_handle(multi_.get(), handle);
      if (one)
        one.mapped()->ended(how);
    }
  }

  void cancel_all() {
    // Nobody is told while he could still be found here.
    auto rest = take_fresh();
    for (auto& [handle, one] : under_way_) {
      ::curl_multi_remove_handle(multi_.get(), handle);
      rest.push_back(std::move(one));
    }
    under_way_.clear();
    for (auto& one : rest)
      one->failed(make_error(ec::cancelled, "the HTTP client is closing"));
  }

  std::unique_ptr<CURLM, multi_deleter> multi_;
  std::mutex mutex_; // for fresh_; all else is the thread's
  std::vector<std::unique_ptr<transfer>> fresh_;
  std::map<CURL*, std::unique_ptr<transfer>> under_way_;
  std::jthread thread_;
};

http_client::http_client() : loop_{std::make_unique<loop>()} {}

http_client::~http_client() = default;

void http_client::get(http_request what, answer_callback answer) {
  loop_->add(transfer::of_get(std::move(what), std::move(answer)));
}

void http_client::connect(std::string_view host, std::string_view port, duration deadline,
                          connect_callback answer) {
  loop_->add(transfer::of_connect(host, port, deadline,
                                  [answer = std::move(answer)](expected<http_answer> got) {
                                    if (got)
                                      answer(got->took);
                                    else
                                      answer(tl::unexpected{std::move(got.error())});
                                  }));
}

} // namespace baton

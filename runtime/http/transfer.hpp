#pragma once

#include "runtime/http/client.hpp"

#include <array>
#include <chrono>
#include <curl/curl.h>

namespace baton {

struct easy_deleter {
  void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
};

/// One request while it is under way. Lives where it is (libcurl has pointers into it); made on any
/// thread, then only used on the client's.
class transfer {
public:
  using finish = std::function<void(expected<http_answer>)>;

  static std::unique_ptr<transfer> of_get(http_request what, finish answer);
  static std::unique_ptr<transfer> of_connect(std::string_view host, std::string_view port,
                                              duration deadline, finish answer);

  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;
  ~transfer() = default;

  CURL* handle() const { return easy_.get(); }

  /// libcurl is through with it.
  void ended(CURLcode how);

  /// It will not be.
  void failed(error why) { answer_(tl::unexpected{std::move(why)}); }

private:
  transfer(duration deadline, finish answer);
  static std::size_t take(char* bytes, std::size_t size, std::size_t count, void* self);
  expected<http_answer> outcome(CURLcode how);

  std::unique_ptr<CURL, easy_deleter> easy_;
  std::array<char, CURL_ERROR_SIZE> said_{};
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  http_request what_;
  http_answer got_;
  finish answer_;
};

} // namespace baton

#pragma once

#include "actors/listener.hpp"
#include "messages/time.hpp"

#include <chrono>
#include <memory>

namespace baton {

/// Plain lines for logs and pipes: one a step, with the time (UTC), and a sign of life when nothing
/// was said for a while.
class plain_view : public observer {
public:
  explicit plain_view(int fd, duration heartbeat = std::chrono::seconds{30});
  ~plain_view() override;

  void on_record(const record& what) override;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace baton

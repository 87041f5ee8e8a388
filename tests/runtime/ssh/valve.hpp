#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

namespace baton {

/// Stands between us and a server on loopback, for one connection: lets only so many bytes of the
/// server through, then none, without closing anything.
class valve {
public:
  static constexpr std::size_t open = std::numeric_limits<std::size_t>::max();

  valve(std::uint16_t server_port, std::size_t bytes_max);
  valve(const valve&) = delete;
  valve& operator=(const valve&) = delete;
  ~valve();

  std::uint16_t port() const noexcept { return port_; }

  /// From now on nothing goes through, either way: as when the line is cut and nobody says so.
  void cut();

  /// Closes both connections; of what the server says on the next so much goes through.
  void anew(std::size_t bytes_max);

  /// Waits until the server has said more than is let through.
  bool is_shut();
  /// How much it has let through.
  std::size_t passed();

private:
  void relay();
  void relay_one();
  bool carry(int client, int server);

  std::uint16_t server_port_;
  std::size_t bytes_max_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int wake_ = -1;
  std::mutex mutex_;
  std::condition_variable change_;
  std::size_t passed_ = 0;
  bool shut_ = false;
  bool cut_ = false;
  std::optional<std::size_t> next_max_; ///< when a connection is to be closed for the next
  bool ending_ = false;
  std::thread thread_;
};

} // namespace baton

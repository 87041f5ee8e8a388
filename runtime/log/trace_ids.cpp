#include "runtime/log/trace_ids.hpp"

#include <array>
#include <sodium.h>

namespace baton {

namespace {

std::string first_digits(std::string_view of, std::size_t count) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> sum{};
  crypto_hash_sha256(sum.data(), reinterpret_cast<const unsigned char*>(of.data()), of.size());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> digits{};
  sodium_bin2hex(digits.data(), digits.size(), sum.data(), sum.size());
  return {digits.data(), count};
}

} // namespace

std::string trace_id_of(std::string_view run) {
  return first_digits(run, 32);
}

std::string span_id_of(std::string_view run, std::string_view phase) {
  return first_digits(std::string{run} + "/" + std::string{phase}, 16);
}

} // namespace baton

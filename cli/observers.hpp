#pragma once

#include "actors/listener.hpp"

#include <functional>
#include <memory>
#include <string>

namespace baton {

/// Every record as a line of JSON on stdout (`--events`).
class event_printer : public observer {
public:
  void on_record(const record& what) override;
};

/// Raised alerts as a line for people.
class alert_teller : public observer {
public:
  explicit alert_teller(std::function<void(std::string)> say);
  void on_record(const record& what) override;

private:
  std::function<void(std::string)> say_;
};

/// Calls back after each phase and at the end: for what is written down now and then (metrics).
class phase_bell : public observer {
public:
  phase_bell(std::function<void(const record&)> on_each, std::function<void()> on_phase_end);
  void on_record(const record& what) override;

private:
  std::function<void(const record&)> on_each_;
  std::function<void()> on_phase_end_;
};

} // namespace baton

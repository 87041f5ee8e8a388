#include "metrics/family.hpp"

#include "messages/json.hpp"

#include <prometheus/metric_family.h>

namespace baton {

namespace {

/// A series' value as numbers: of a histogram the count of each bucket, then the sum.
std::vector<double> numbers_of(prometheus::MetricType type, const prometheus::ClientMetric& one) {
  if (type == prometheus::MetricType::Counter)
    return {one.counter.value};
  if (type == prometheus::MetricType::Gauge)
    return {one.gauge.value};
  std::vector<double> made;
  std::uint64_t below = 0;
  for (const auto& bucket : one.histogram.bucket) {
    made.push_back(static_cast<double>(bucket.cumulative_count - below));
    below = bucket.cumulative_count;
  }
  made.push_back(one.histogram.sample_sum);
  return made;
}

} // namespace

counter_family family_registry::counter(const char* name, const char* help) {
  const counter_family made{prometheus::BuildCounter().Name(name).Help(help).Register(registry_)};
  restorers_[name] = [made](const metric_labels& labels, const std::vector<double>& value) {
    if (value.size() == 1)
      made.at(labels).Increment(value[0]);
    return value.size() == 1;
  };
  return made;
}

gauge_family family_registry::gauge(const char* name, const char* help) {
  const gauge_family made{prometheus::BuildGauge().Name(name).Help(help).Register(registry_)};
  restorers_[name] = [made](const metric_labels& labels, const std::vector<double>& value) {
    if (value.size() == 1)
      made.at(labels).Set(value[0]);
    return value.size() == 1;
  };
  return made;
}

histogram_family family_registry::histogram(const char* name, const char* help,
                                            std::vector<double> edges) {
  const auto buckets = edges.size() + 1; // and those above the last edge
  histogram_family made{prometheus::BuildHistogram().Name(name).Help(help).Register(registry_),
                        std::move(edges)};
  restorers_[name] = [made, buckets](const metric_labels& labels, std::vector<double> value) {
    if (value.size() != buckets + 1)
      return false;
    const double sum = value.back();
    value.pop_back();
    made.at(labels).ObserveMultiple(value, sum);
    return true;
  };
  return made;
}

std::vector<std::string> family_registry::names() const {
  std::vector<std::string> made;
  for (const auto& [name, restorer] : restorers_)
    made.push_back(name);
  return made;
}

std::string family_registry::save() const {
  auto made = ordered_json::object();
  for (const auto& family : collect()) {
    auto& series = made[family.name] = ordered_json::array();
    for (const auto& one : family.metric) {
      auto labels = ordered_json::object();
      for (const auto& label : one.label)
        labels[label.name] = label.value;
      series.push_back({{"labels", std::move(labels)}, {"value", numbers_of(family.type, one)}});
    }
  }
  return dump(made);
}

bool family_registry::restore(const std::string& saved) {
  const auto from = json::parse(saved, nullptr, false);
  if (!from.is_object())
    return false;
  try {
    for (const auto& [name, series] : from.items()) {
      const auto restorer = restorers_.find(name);
      if (restorer == restorers_.end())
        return false;
      for (const auto& one : series)
        if (!restorer->second(one.at("labels").get<metric_labels>(),
                              one.at("value").get<std::vector<double>>()))
          return false;
    }
  } catch (const json::exception&) {
    return false;
  }
  return true;
}

} // namespace baton

#include "limbo_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <stdexcept>
#include <string_view>

namespace mos::vectors {

using nlohmann::json;

namespace {

// A member that may be absent or null.
const json *member(const json &object, const char *name) {
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::vector<std::string> texts(const json &object, const char *name) {
    const json *const found = member(object, name);
    return found == nullptr ? std::vector<std::string>{} : found->get<std::vector<std::string>>();
}

// The number of `digits` digits at `position`, or -1.
int number_at(std::string_view text, std::size_t position, std::size_t digits) {
    int number = 0;
    for (std::size_t i = position; i < position + digits; ++i) {
        if (i >= text.size() || text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

// "Z" or "+02:00", in minutes.
int offset_of(std::string_view text) {
    if (text == "Z" || text.empty())
        return 0;
    const int hour = number_at(text, 1, 2);
    const int minute = number_at(text, 4, 2);
    if (text.size() != 6 || hour < 0 || minute < 0 || (text[0] != '+' && text[0] != '-'))
        throw std::runtime_error{fmt::format("'{}' is no offset of a time", text)};
    return (text[0] == '-' ? -1 : 1) * (hour * 60 + minute);
}

// RFC 3339; a fraction of a second is passed over: the second has begun.
std::int64_t unix_s_of(std::string_view text) {
    const int year = number_at(text, 0, 4);
    const int month = number_at(text, 5, 2);
    const int day = number_at(text, 8, 2);
    const int hour = number_at(text, 11, 2);
    const int minute = number_at(text, 14, 2);
    const int second = number_at(text, 17, 2);
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (std::min({year, month, day, hour, minute, second}) < 0 || !date.ok())
        throw std::runtime_error{fmt::format("'{}' is no time", text)};
    std::size_t rest = 19;
    if (rest < text.size() && text[rest] == '.')
        rest = std::min(text.find_first_not_of("0123456789", rest + 1), text.size());
    const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute - offset_of(text.substr(rest))) * 60 + second;
}

PeerName peer_name_of(const json &name) {
    return {name.at("kind").get<std::string>(), name.at("value").get<std::string>()};
}

}  // namespace

ChainCase read_chain_case(const json &test) {
    ChainCase read;
    read.leaf = test.at("peer_certificate").get<std::string>();
    read.intermediates = texts(test, "untrusted_intermediates");
    read.roots = texts(test, "trusted_certs");
    read.revocation_lists = texts(test, "crls");
    const json *const time = member(test, "validation_time");
    read.now_unix_s = time != nullptr ? unix_s_of(time->get<std::string>()) : std::int64_t{std::time(nullptr)};
    read.purposes = texts(test, "extended_key_usage");
    if (read.purposes.empty())
        read.purposes = {test.at("validation_kind") == "CLIENT" ? "clientAuth" : "serverAuth"};
    read.key_usages = texts(test, "key_usage");
    read.signature_algorithms = texts(test, "signature_algorithms");
    if (const json *const name = member(test, "expected_peer_name"))
        read.peer_names.push_back(peer_name_of(*name));
    if (const json *const names = member(test, "expected_peer_names"))
        for (const json &name : *names)
            read.peer_names.push_back(peer_name_of(name));
    if (const json *const depth = member(test, "max_chain_depth"))
        read.max_intermediates = depth->get<std::size_t>();
    return read;
}

}  // namespace mos::vectors

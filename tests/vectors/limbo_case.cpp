#include "limbo_case.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <stdexcept>

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

// RFC 3339; a fraction of a second is passed over: the second has begun.
std::int64_t unix_s_of(const std::string &text) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int read = 0;
    const int count =
        std::sscanf(text.c_str(), "%d-%u-%uT%d:%d:%d%n", &year, &month, &day, &hour, &minute, &second, &read);
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
    if (count != 6 || !date.ok())
        throw std::runtime_error{fmt::format("'{}' is no time", text)};
    std::size_t rest = static_cast<std::size_t>(read);
    if (rest < text.size() && text[rest] == '.')
        rest = std::min(text.find_first_not_of("0123456789", rest + 1), text.size());
    int offset_minutes = 0;
    char sign = '+';
    int offset_hour = 0;
    int offset_minute = 0;
    if (std::sscanf(text.c_str() + rest, "%c%d:%d", &sign, &offset_hour, &offset_minute) == 3)
        offset_minutes = (sign == '-' ? -1 : 1) * (offset_hour * 60 + offset_minute);
    const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second;
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

// Who vouches for a package: the trust store that the options name.
#pragma once

#include "frame/command.hpp"

namespace package_tool {

inline constexpr std::int64_t most_signatures = 16;  // that a package can carry

// --trust, --root, --required-signatures.
[[nodiscard]] std::vector<frame::Option> trust_options();

// Calls `call(const mos_trust_options *)` with them.
template <class Call>
auto with_trust(const frame::Session &session, Call call) {
    mos_trust_options options = MOS_TRUST_OPTIONS_INIT;
    options.trust_path = session.values.c_text("trust");
    options.root_path = session.values.c_text("root");
    options.required_signatures = static_cast<std::uint32_t>(session.values.number("required-signatures").value_or(0));
    return call(&options);
}

[[nodiscard]] frame::Result<frame::Package> open_package(const frame::Session &session, const std::string &path);

// The signers, as the trust store names them; a failure says why nobody vouches for the package.
[[nodiscard]] frame::Result<std::vector<std::string>> authenticate(const frame::Session &session, mos_package *package);

[[nodiscard]] std::vector<std::string> signers_of(const mos_package *package);

}  // namespace package_tool

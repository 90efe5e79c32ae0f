#include "trust.hpp"

using namespace frame;

namespace package_tool {

std::vector<Option> trust_options() {
    return {
        trust_option(),
        root_option(),
        number("required-signatures", 1, most_signatures,
               "how many different trusted keys must have signed; 1 otherwise"),
    };
}

Result<Package> open_package(const Session &session, const std::string &path) {
    return make<Package>(
        [&](auto out, auto error) { return mos_package_open_path(session.context, path.c_str(), out, error); });
}

Result<std::vector<std::string>> authenticate(const Session &session, mos_package *package) {
    FRAME_CHECK(with_trust(session, [&](const mos_trust_options *trust) {
        return check([&](auto error) { return mos_package_authenticate(package, trust, error); });
    }));
    return signers_of(package);
}

std::vector<std::string> signers_of(const mos_package *package) {
    std::vector<std::string> signers;
    for (std::size_t i = 0; i < mos_package_signer_count(package); ++i)
        signers.emplace_back(mos_package_signer_at(package, i));
    return signers;
}

}  // namespace package_tool

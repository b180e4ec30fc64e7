// The three decoders of bodies: any bytes give a message or Errc::invalid, and a message keeps its bytes.
#include "mdm/decode.hpp"
#include "nanomdm/error.hpp"

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <variant>

namespace {

using namespace nanomdm;

void require(bool holds, const char* what) {
    if (holds) return;
    std::cerr << "broken: " << what << '\n';
    std::abort();
}

template <class Decode> void attempt(Decode decode) {
    try {
        decode();
    } catch (const Error& error) {
        require(error.code() == Errc::invalid, "refused as invalid");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string body{reinterpret_cast<const char*>(bytes), size};
    const auto peeked = peek_message_type(body);
    require(peeked.empty() ||
                (peeked.data() >= body.data() && peeked.data() + peeked.size() <= body.data() + size),
            "peeked type is inside the body");
    attempt([&] {
        const auto check_in = decode_check_in(body);
        std::visit([&](const Message& message) { require(message.raw == body, "check-in keeps its bytes"); },
                   check_in);
    });
    attempt([&] {
        const auto report = decode_command_report(body);
        require(report.raw == body, "report keeps its bytes");
        require(!report.enrollment.id.empty(), "report has a sender");
    });
    attempt([&] { require(decode_command(body).raw == body, "command keeps its bytes"); });
    return 0;
}

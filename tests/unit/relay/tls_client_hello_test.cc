#include "tracer/relay/tls_client_hello.h"

#include <algorithm>
#include <vector>

#include "captured_hellos.h"
#include "gtest/gtest.h"

namespace safe_trace {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
Bytes Of(std::string_view text) { return {text.begin(), text.end()}; }
Bytes Number(size_t width, size_t value) {
  Bytes out(width);
  for (size_t i = width; i-- > 0; value >>= 8) out[i] = static_cast<uint8_t>(value);
  return out;
}
Bytes Sized(size_t width, const Bytes& content) { return Number(width, content.size()) + content; }

Bytes Extension(size_t type, const Bytes& content) { return Number(2, type) + Sized(2, content); }
Bytes NameEntry(std::string_view name, size_t type = 0) {
  return Number(1, type) + Sized(2, Of(name));
}
Bytes NameExtension(const Bytes& entries) { return Extension(0, Sized(2, entries)); }

// What a hello is made of; each test changes one thing.
struct Parts {
  Bytes type = {1};
  Bytes version = {3, 3};
  Bytes random = Bytes(32, 7);
  Bytes session = Sized(1, Bytes(32, 9));
  Bytes ciphers = Sized(2, {0x13, 0x01, 0xc0, 0x2f});
  Bytes compressions = Sized(1, {0});
  Bytes extensions = Sized(2, NameExtension(NameEntry("pypi.org")));

  Bytes Message() const {
    return type + Sized(3, version + random + session + ciphers + compressions + extensions);
  }
};
Bytes Record(const Bytes& payload) { return Bytes{22, 3, 1} + Sized(2, payload); }
Bytes Hello(const Bytes& extensions) {
  Parts parts;
  parts.extensions = Sized(2, extensions);
  return Record(parts.Message());
}
Bytes InRecordsOf(size_t size, const Bytes& message) {
  Bytes out;
  for (size_t at = 0; at < message.size(); at += size) {
    const size_t end = std::min(at + size, message.size());
    out = out + Record(Bytes(message.begin() + static_cast<ptrdiff_t>(at),
                             message.begin() + static_cast<ptrdiff_t>(end)));
  }
  return out;
}
Bytes FromHex(std::string_view hex) {
  Bytes out;
  for (size_t i = 0; i < hex.size(); i += 2) {
    out.push_back(static_cast<uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

ParseProgress Progress(const Bytes& bytes) {
  TlsClientHello hello;
  return ParseClientHello(bytes, hello);
}
TlsClientHello Parsed(const Bytes& bytes) {
  TlsClientHello hello;
  EXPECT_EQ(ParseClientHello(bytes, hello), ParseProgress::kComplete);
  return hello;
}
void ExpectInvalid(const Parts& parts) {
  EXPECT_EQ(Progress(Record(parts.Message())), ParseProgress::kInvalid);
}

TEST(TlsClientHelloTest, RealClientsAreUnderstood) {
  const std::pair<std::string_view, std::string_view> clients[] = {
      {kCurlHello, "static.crates.io"},
      {kPythonHello, "pypi.org"},
      {kNodeHello, "registry.npmjs.org"},
      {kGoHello, "proxy.golang.org"},
      {kCargoHello, "index.crates.io"}};
  for (const auto& [hex, name] : clients) {
    const TlsClientHello hello = Parsed(FromHex(hex));
    EXPECT_EQ(hello.server_name, name);
    EXPECT_FALSE(hello.encrypted) << name;
  }
}

TEST(TlsClientHelloTest, EveryBeginningWaitsForMore) {
  const Bytes whole = FromHex(kGoHello);
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes beginning(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    ASSERT_TRUE(LooksLikeTls(beginning));
    ASSERT_EQ(Progress(beginning), ParseProgress::kNeedMore) << size;
  }
}

TEST(TlsClientHelloTest, NameIsFoundAcrossRecords) {
  const Bytes message = Parts().Message();
  for (size_t size : {2, 3, 5, 60, 100}) {
    EXPECT_EQ(Parsed(InRecordsOf(size, message)).server_name, "pypi.org") << size;
  }
  EXPECT_EQ(Progress(InRecordsOf(1, message)), ParseProgress::kInvalid) << "more than 64 records";
}

TEST(TlsClientHelloTest, WhatFollowsTheHellosRecordIsNotLookedAt) {
  const Bytes hello = Hello(NameExtension(NameEntry("pypi.org")));
  EXPECT_EQ(Parsed(hello + Bytes{20, 3, 3, 0, 1, 1} + Bytes(100, 0xff)).server_name, "pypi.org");
}

TEST(TlsClientHelloTest, NameIsCanonical) {
  EXPECT_EQ(Parsed(Hello(NameExtension(NameEntry("PyPI.Org.")))).server_name, "pypi.org");
}

TEST(TlsClientHelloTest, HelloWithoutNameOrExtensionsHasNone) {
  EXPECT_EQ(Parsed(Hello({})).server_name, "");
  EXPECT_EQ(Parsed(Hello(Extension(23, {}))).server_name, "");
  Parts parts;
  parts.extensions = {};
  EXPECT_EQ(Parsed(Record(parts.Message())).server_name, "");
}

TEST(TlsClientHelloTest, SeveralNamesAddressesAndGarbageAreNoName) {
  const std::string long_name(300, 'a');
  for (const std::string& name :
       {std::string("192.0.2.1"), std::string("::1"), std::string("[::1]"), std::string("127.1"),
        std::string("a b"), std::string("a\0.pypi.org", 11), std::string("."), long_name}) {
    EXPECT_EQ(Parsed(Hello(NameExtension(NameEntry(name)))).server_name, "") << name;
  }
  EXPECT_EQ(Parsed(Hello(NameExtension(NameEntry("a.org") + NameEntry("b.org")))).server_name, "");
  EXPECT_EQ(Parsed(Hello(NameExtension(NameEntry("a.org") + NameEntry("a.org")))).server_name, "");
}

TEST(TlsClientHelloTest, MalformedNameListIsRefused) {
  for (const Bytes& extension :
       {Extension(0, {}), NameExtension({}), NameExtension(NameEntry("")),
        NameExtension(NameEntry("a.org", 1)), NameExtension(NameEntry("a.org") + NameEntry("b", 1)),
        NameExtension(NameEntry("a.org") + Bytes{0}), NameExtension({0, 0, 9, 'a'}),
        Extension(0, Sized(2, NameEntry("a.org")) + Bytes{0})}) {
    EXPECT_EQ(Progress(Hello(extension)), ParseProgress::kInvalid);
  }
}

TEST(TlsClientHelloTest, ExtensionTwiceIsRefused) {
  const Bytes name = NameExtension(NameEntry("a.org"));
  EXPECT_EQ(Progress(Hello(name + name)), ParseProgress::kInvalid);
  EXPECT_EQ(Progress(Hello(name + Extension(23, {}) + NameExtension(NameEntry("b.org")))),
            ParseProgress::kInvalid);
  EXPECT_EQ(Progress(Hello(Extension(23, {}) + Extension(23, {}))), ParseProgress::kInvalid);
}

TEST(TlsClientHelloTest, PreSharedKeyIsTheLastExtension) {
  const Bytes name = NameExtension(NameEntry("a.org"));
  EXPECT_EQ(Parsed(Hello(name + Extension(41, {1}))).server_name, "a.org");
  EXPECT_EQ(Progress(Hello(Extension(41, {1}) + name)), ParseProgress::kInvalid);
}

TEST(TlsClientHelloTest, EncryptedHelloIsSeenInAllItsNumbers) {
  const Bytes name = NameExtension(NameEntry("outer.org"));
  for (size_t type : {0xfe0dU, 0xffceU, 0xfe08U, 0xfe0aU}) {
    EXPECT_TRUE(Parsed(Hello(name + Extension(type, Bytes(20)))).encrypted) << type;
    EXPECT_TRUE(Parsed(Hello(Extension(type, {}) + name)).encrypted) << type;
  }
  EXPECT_FALSE(Parsed(Hello(name + Extension(0xfe0e, {}))).encrypted);
}

TEST(TlsClientHelloTest, FieldsThatAServerRefusesAreRefused) {
  const auto with = [](Bytes Parts::*field, const Bytes& value) {
    Parts parts;
    parts.*field = value;
    return parts;
  };
  ExpectInvalid(with(&Parts::type, {2}));
  ExpectInvalid(with(&Parts::version, {2, 0}));
  ExpectInvalid(with(&Parts::version, {4, 0}));
  ExpectInvalid(with(&Parts::session, Sized(1, Bytes(33))));
  ExpectInvalid(with(&Parts::ciphers, Sized(2, {})));
  ExpectInvalid(with(&Parts::ciphers, Sized(2, Bytes(3))));
  ExpectInvalid(with(&Parts::compressions, Sized(1, {})));
  ExpectInvalid(with(&Parts::compressions, Sized(1, {1})));
  ExpectInvalid(with(&Parts::extensions, Sized(2, {}) + Bytes{0}));
  ExpectInvalid(with(&Parts::extensions, {0}));
  ExpectInvalid(with(&Parts::extensions, {0, 4, 0, 23, 0, 1}));
  ExpectInvalid(with(&Parts::extensions, Sized(2, {0, 23, 0})));
  ExpectInvalid(with(&Parts::random, {}));
}

TEST(TlsClientHelloTest, HelloCutShortByItsOwnLengthIsRefused) {
  const Bytes message = Parts().Message();
  for (size_t size = 4; size < message.size(); ++size) {
    Bytes cut(message.begin(), message.begin() + static_cast<ptrdiff_t>(size));
    const Bytes length = Number(3, size - 4);
    std::copy(length.begin(), length.end(), cut.begin() + 1);
    // Where only the extensions are cut off, what remains is a hello of a client without any.
    const size_t without_extensions = message.size() - Parts().extensions.size();
    EXPECT_EQ(Progress(Record(cut)),
              size == without_extensions ? ParseProgress::kComplete : ParseProgress::kInvalid)
        << size;
  }
}

TEST(TlsClientHelloTest, OtherMessagesInTheHellosRecordsAreRefused) {
  const Bytes message = Parts().Message();
  EXPECT_EQ(Progress(Record(message + Bytes{0})), ParseProgress::kInvalid);
  EXPECT_EQ(Progress(Record(message + message)), ParseProgress::kInvalid);
  EXPECT_EQ(Progress(Record(Bytes{0, 0, 0, 0} + message)), ParseProgress::kInvalid);
}

TEST(TlsClientHelloTest, RecordsThatAServerRefusesAreRefused) {
  const Bytes message = Parts().Message();
  const Bytes first(message.begin(), message.begin() + 10);
  EXPECT_EQ(Progress(Record({}) + Record(message)), ParseProgress::kInvalid);
  EXPECT_EQ(Progress({22, 3, 1, 0x40, 1}), ParseProgress::kInvalid) << "longer than 2^14";
  EXPECT_EQ(Progress(Record(first) + Bytes{20, 3, 3, 0, 1, 1}), ParseProgress::kInvalid);
  EXPECT_EQ(Progress(Record(first) + Bytes{21, 3, 3, 0, 2, 1, 0}), ParseProgress::kInvalid);
  EXPECT_EQ(Progress(Of("GET / HTTP/1.1\r\n")), ParseProgress::kInvalid);
}

TEST(TlsClientHelloTest, HelloBeyond64KiBIsRefusedAtOnce) {
  EXPECT_EQ(Progress({22, 3, 1, 0, 4, 1, 1, 0, 0}), ParseProgress::kInvalid);
  EXPECT_EQ(Progress({22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff}), ParseProgress::kInvalid);
  // Allowed by its own length, but not together with the record headers.
  EXPECT_EQ(Progress(InRecordsOf(2048, Bytes{1, 0, 0xff, 0xf0} + Bytes(0xfff0))),
            ParseProgress::kInvalid);
}

TEST(TlsClientHelloTest, HelloOfAlmost64KiBIsRead) {
  const Bytes extensions = Extension(21, Bytes(60000)) + NameExtension(NameEntry("a.org"));
  Parts parts;
  parts.extensions = Sized(2, extensions);
  EXPECT_EQ(Parsed(InRecordsOf(1 << 14, parts.Message())).server_name, "a.org");
}

TEST(TlsClientHelloTest, OnlyHandshakeRecordsLookLikeTls) {
  EXPECT_TRUE(LooksLikeTls(Bytes{}));
  EXPECT_TRUE(LooksLikeTls(Bytes{22}));
  EXPECT_TRUE(LooksLikeTls(Bytes{22, 3}));
  EXPECT_TRUE(LooksLikeTls(Bytes{22, 3, 4, 0xff}));
  EXPECT_FALSE(LooksLikeTls(Bytes{22, 2}));
  EXPECT_FALSE(LooksLikeTls(Bytes{22, 3, 5}));
  EXPECT_FALSE(LooksLikeTls(Bytes{23, 3, 1}));
  EXPECT_FALSE(LooksLikeTls(Bytes{0x80, 0x2e, 1, 3, 1})) << "SSL 2";
}

}  // namespace
}  // namespace safe_trace

// Keys in files, and what the signature of a summary tells apart.
#include "tracer/events/signing_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/events/events_testing.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;

SigningKey::Bytes SecretOf(uint8_t seed) {
  SigningKey::Bytes secret{};
  for (size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<uint8_t>(seed + i);
  return secret;
}

std::shared_ptr<const SigningKey> KeyOf(uint8_t seed) {
  return std::make_shared<const SigningKey>(SecretOf(seed));
}

std::vector<std::string> SignedTrace(const std::string& path, uint8_t seed,
                                     const char* run_id = kRunId) {
  TraceLogOptions options = SampleOptions(path);
  options.run_id = run_id;
  options.signing_key = KeyOf(seed);
  auto writer = TraceLogWriter::Open(std::move(options));
  EXPECT_TRUE(writer.ok()) << writer.status();
  for (int i = 0; i < 5; ++i) (*writer)->Record(FileEvent("/tmp/" + std::to_string(i)));
  EXPECT_TRUE((*writer)->Close(SampleSummary()).ok());
  return Lines(ReadFile(path));
}

// Of a summary's line: the key and all behind it replaced by what an unsigned one has.
std::string Resealed(std::string line, const std::string& without) {
  const size_t start = line.find(without);
  EXPECT_NE(start, std::string::npos);
  line = line.substr(0, start) + "}";
  SealLine(line);
  return line;
}

class SignedTraceTest : public ::testing::Test {
 protected:
  SignedTraceTest() : lines_(SignedTrace(directory_ / "signed", 1)) {}
  TraceCheck CheckLines() {
    WriteFile(directory_ / "copy", Joined(lines_));
    return Check(directory_ / "copy");
  }
  static SignatureVerdict Judged(const TraceCheck& check) { return JudgeSignature(check, nullptr); }
  static SignatureVerdict JudgedBy(const TraceCheck& check, uint8_t seed) {
    const VerifyingKey key = KeyOf(seed)->verifying_key();
    return JudgeSignature(check, &key);
  }

  const TemporaryDirectory directory_;
  std::vector<std::string> lines_;
};

TEST(SigningKeyTest, SignsAsRfc8032SaysInItsFirstExample) {
  constexpr char kSecret[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
  SigningKey::Bytes bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(std::stoi(std::string(kSecret).substr(2 * i, 2), nullptr, 16));
  }
  const SigningKey key(bytes);
  EXPECT_EQ(key.verifying_key().ToHex(),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(
      key.Sign(""),
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
      "1cf9b46bd25bf5f0595bbe24655141438e7a100b");
}

TEST(SigningKeyTest, KeysComeBackFromTheirFiles) {
  const SigningKey key(SecretOf(7));
  const absl::StatusOr<SigningKey::Bytes> secret = SigningKey::SecretFromPem(key.ToPem());
  ASSERT_TRUE(secret.ok()) << secret.status();
  EXPECT_EQ(*secret, SecretOf(7));
  const std::string pem = key.verifying_key().ToPem();
  const absl::StatusOr<VerifyingKey> verifying = VerifyingKey::FromPem(" \r\n" + pem + "\n");
  ASSERT_TRUE(verifying.ok()) << verifying.status();
  EXPECT_TRUE(*verifying == key.verifying_key());
  EXPECT_TRUE(verifying->Verifies("text", key.Sign("text")));
  EXPECT_FALSE(verifying->Verifies("Text", key.Sign("text")));
}

TEST(SigningKeyTest, WhatIsNoKeyIsRefusedWithoutRepeatingIt) {
  const SigningKey key(SecretOf(7));
  const std::string good = key.ToPem();
  std::string two = good + good;
  std::string cut = good.substr(0, 60);
  std::string other_algorithm = good;
  other_algorithm[40] = other_algorithm[40] == 'A' ? 'B' : 'A';
  for (const std::string& bad :
       {std::string(), std::string("secret text"), two, cut, other_algorithm,
        key.verifying_key().ToPem(), good + "trailing", std::string(100'000, 'A')}) {
    const absl::StatusOr<SigningKey::Bytes> secret = SigningKey::SecretFromPem(bad);
    ASSERT_FALSE(secret.ok()) << bad.substr(0, 100);
    EXPECT_THAT(std::string(secret.status().message()), HasSubstr("not an ed25519 PRIVATE KEY"));
  }
  EXPECT_FALSE(VerifyingKey::FromPem(good).ok());
  EXPECT_FALSE(VerifyingKey::FromHex(std::string(63, 'a')).ok());
  EXPECT_FALSE(VerifyingKey::FromHex(std::string(64, 'A')).ok());
}

TEST_F(SignedTraceTest, IsCompleteAndSignedWithTheKeyAskedFor) {
  const TraceCheck check = CheckLines();
  EXPECT_EQ(check.state, TraceState::kComplete);
  EXPECT_EQ(Judged(check), SignatureVerdict::kSigned);
  EXPECT_EQ(JudgedBy(check, 1), SignatureVerdict::kSigned);
  EXPECT_EQ(JudgedBy(check, 2), SignatureVerdict::kOtherKey);
}

// What a reader of before signatures looks at: the seal is the last key, over all before it.
TEST_F(SignedTraceTest, TheSealStaysTheLastKey) {
  const std::string& last = lines_.back();
  const size_t seal = last.find(",\"safe_trace.seal\":\"");
  ASSERT_NE(seal, std::string::npos);
  EXPECT_EQ(last.substr(seal + 20), Sha256Hex(last.substr(0, seal)) + "\"}");
}

TEST_F(SignedTraceTest, UnsignedTraceIsToldFromAKeyAskedFor) {
  WriteSampleTrace(directory_ / "plain", 3);
  const TraceCheck check = Check(directory_ / "plain");
  EXPECT_EQ(Judged(check), SignatureVerdict::kUnsigned);
  EXPECT_EQ(JudgedBy(check, 1), SignatureVerdict::kMissing);
}

TEST_F(SignedTraceTest, SummaryReplacedByAnUnsignedOneIsNoticedWithoutAKey) {
  lines_.back() = Resealed(lines_.back(), ",\"safe_trace.signature\"");
  TraceCheck check = CheckLines();
  EXPECT_EQ(check.state, TraceState::kComplete) << "the chain alone cannot tell";
  EXPECT_EQ(Judged(check), SignatureVerdict::kMissing);
  lines_.back() =
      Resealed(SignedTrace(directory_ / "again", 1).back(), ",\"safe_trace.signing_key\"");
  EXPECT_THAT(DescribeSignature(check, nullptr), HasSubstr("was to be signed"));
}

TEST_F(SignedTraceTest, RewrittenSummaryWithTheOldSignatureIsFalse) {
  std::string& last = lines_.back();
  const size_t at = last.find("\"safe_trace.summary.violations\":1");
  ASSERT_NE(at, std::string::npos);
  last.replace(at, 33, "\"safe_trace.summary.violations\":0");
  last = Resealed(last, ",\"safe_trace.seal\"");
  const TraceCheck check = CheckLines();
  EXPECT_EQ(check.state, TraceState::kComplete) << "the chain alone cannot tell";
  EXPECT_EQ(Judged(check), SignatureVerdict::kFalse);
  EXPECT_EQ(JudgedBy(check, 1), SignatureVerdict::kFalse);
}

TEST_F(SignedTraceTest, WholeTraceSignedAnewWithAnotherKeyIsNoticedByWhoKnowsTheKey) {
  lines_ = SignedTrace(directory_ / "forged", 9);
  const TraceCheck check = CheckLines();
  EXPECT_EQ(Judged(check), SignatureVerdict::kSigned);
  EXPECT_EQ(JudgedBy(check, 1), SignatureVerdict::kOtherKey);
}

TEST_F(SignedTraceTest, SummaryOfAnotherKeyThanTheFirstLineNamesIsNoticedWithoutAKey) {
  const std::vector<std::string> forged = SignedTrace(directory_ / "forged", 9);
  lines_.back() = forged.back();
  // The same events at the same time: only the key's name differs, so the chain breaks too.
  EXPECT_EQ(CheckLines().state, TraceState::kChanged);
}

TEST_F(SignedTraceTest, KilledRunIsMissingItsSignature) {
  lines_.pop_back();
  const TraceCheck check = CheckLines();
  EXPECT_EQ(check.state, TraceState::kUnfinished);
  EXPECT_EQ(Judged(check), SignatureVerdict::kMissing);
}

TEST_F(SignedTraceTest, NoByteOfTheLastLineChangesUnnoticed) {
  const std::string good = lines_.back();
  for (size_t i = 0; i < good.size(); ++i) {
    lines_.back() = good;
    lines_.back()[i] = good[i] == 'x' ? 'y' : 'x';
    EXPECT_NE(CheckLines().state, TraceState::kComplete) << good.substr(i, 40);
  }
}

}  // namespace
}  // namespace safe_trace

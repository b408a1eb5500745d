import Domain
import Testing

@Suite("Typed codes and fingerprints") struct TypedCodeTests {
    @Test("A code reads back however it is typed")
    func reading() throws {
        let code = TypedCode(random: (0..<20).map { UInt8(truncatingIfNeeded: $0 * 37) })
        #expect(code.text.utf8.count == 23)
        let hand = code.text.lowercased().replacing("-", with: "  ").replacing("0", with: "o")
            .replacing("1", with: "l")
        #expect(TypedCode(typed: hand) == code)
        #expect(TypedCode(typed: " \(code.letters)\t") == code)
    }

    @Test(
        "What is no code is none",
        arguments: [
            "", "12345", "ABCDE-ABCDE-ABCDE-ABCD", "ABCDE-ABCDE-ABCDE-ABCDEF",
            "ABCDE-ABCDE-ABCDE-ABCDU", "ABCDE-ABCDE-ABCDE-ABCDÄ",
            String(repeating: "-", count: 500),
        ])
    func refused(_ text: String) {
        #expect(TypedCode(typed: text) == nil)
    }

    @Test(
        "A fingerprint has sixteen letters in groups of four, and every bit of the first 80 counts")
    func fingerprint() {
        let zero = [UInt8](repeating: 0, count: 32)
        #expect(KeyFingerprint.text(zero) == "0000-0000-0000-0000")
        var seen: Set<String> = []
        for bit in 0..<80 {
            var digest = zero
            digest[bit / 8] |= 1 << UInt8(bit % 8)
            seen.insert(KeyFingerprint.text(digest))
        }
        #expect(seen.count == 80)
    }
}

import Basics

/// Secrets in the forms that a stock agent expects.
package enum StockTokens {
    /// As FlowFuse writes them: the agent's own files show it so.
    package static let provisioningPrefix = "ffadp_"

    /// Three words of five letters that can be said aloud: 49 bits, for one day and one use. The
    /// agent takes any text of eight letters or more.
    package static func newOneTimeCode() -> String {
        (0..<3).map { _ in word() }.joined(separator: "-")
    }

    private static let consonants = Randomness.Alphabet("bdfgklmnprstvz")
    private static let vowels = Randomness.Alphabet("aeiou")

    private static func word() -> String {
        (0..<5).map { Randomness.text(count: 1, from: $0 % 2 == 0 ? consonants : vowels) }.joined()
    }

    /// Whether this can be one of ours, before anybody looks for it.
    package static func isOneTimeCode(_ text: String) -> Bool {
        let words = text.split(separator: "-", omittingEmptySubsequences: false)
        return words.count == 3
            && words.allSatisfy { word in
                word.utf8.count == 5 && word.utf8.allSatisfy { (0x61...0x7A).contains($0) }
            }
    }
}

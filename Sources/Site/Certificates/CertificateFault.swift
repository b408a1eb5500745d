/// Why a certificate that somebody brought cannot be used, in a sentence for that person.
package struct CertificateFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Which part of what was brought: `chain` or `key`.
    package let part: String
    package let description: String

    init(_ part: String, _ sentence: String) {
        self.part = part
        description = sentence
    }
}

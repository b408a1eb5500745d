import Basics
import COpenSSL

/// A password as it may lie in the database: scrypt with its costs and salt, in the text form of
/// the PHC string format, `$scrypt$ln=15,r=8,p=1$<salt>$<digest>`.
///
/// Making and checking one takes about 0.1 s and 32 MiB: go through `PasswordHasher`.
package struct PasswordHash: Sendable, Equatable {
    /// 15: 32 MiB and about 0.1 s here; RFC 7914 and OWASP's floor for r = 8 with p = 3 is 2^15.
    static let costExponent = 15

    private let costExponent: Int
    private let blockSize: Int
    private let parallelization: Int
    private let salt: [UInt8]
    private let digest: [UInt8]

    package init(of password: String) throws(OpenSSLError) {
        costExponent = Self.costExponent
        blockSize = 8
        parallelization = 1
        salt = Randomness.bytes(16)
        digest = try Scrypt.derive(
            password, salt: salt, costExponent: costExponent, blockSize: blockSize,
            parallelization: parallelization, count: 32)
    }

    /// What no password matches, and what costs to check what any other does; made at once.
    static func decoy() -> PasswordHash { PasswordHash() }

    private init() {
        costExponent = Self.costExponent
        blockSize = 8
        parallelization = 1
        salt = Randomness.bytes(16)
        digest = Randomness.bytes(32)
    }

    /// `nil` for a text of another kind, or with costs that could stop the server (more than
    /// 128 MiB or parallelization over 4): the database may be older, never stranger than that.
    package init?(text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
        let costs = parts[2].split(separator: ",")
        guard costs.count == 3, let exponent = Self.cost("ln=", costs[0]),
            let block = Self.cost("r=", costs[1]), let lanes = Self.cost("p=", costs[2]),
            (10...17).contains(exponent), (1...8).contains(block), (1...4).contains(lanes),
            let salt = Base64URL.decode(String(parts[3])), (8...64).contains(salt.count),
            let digest = Base64URL.decode(String(parts[4])), (16...64).contains(digest.count)
        else { return nil }
        costExponent = exponent
        blockSize = block
        parallelization = lanes
        self.salt = salt
        self.digest = digest
    }

    package var text: String {
        func unpadded(_ bytes: [UInt8]) -> String {
            String(Base64URL.encodeClassic(bytes).prefix { $0 != "=" })
        }
        let costs = "ln=\(costExponent),r=\(blockSize),p=\(parallelization)"
        return "$scrypt$\(costs)$\(unpadded(salt))$\(unpadded(digest))"
    }

    /// Whether today's costs are higher than those it was made with: hash anew at the next sign-in.
    package var isOutdated: Bool { costExponent < Self.costExponent }

    package func matches(_ password: String) -> Bool {
        guard
            let derived = try? Scrypt.derive(
                password, salt: salt, costExponent: costExponent, blockSize: blockSize,
                parallelization: parallelization, count: digest.count)
        else { return false }
        return Secrecy.equal(derived, digest)
    }

    private static func cost(_ name: String, _ text: Substring) -> Int? {
        guard text.hasPrefix(name), text.utf8.count <= name.utf8.count + 2 else { return nil }
        return Int(text.dropFirst(name.count))
    }
}

import Basics
import Crypto

/// What a browser keeps after somebody signed in on it: proof that this account was here before.
/// It opens nothing; it only spares its owner the delays that a stranger's guesses cause.
package struct DeviceMark: Sendable {
    private let key: [UInt8]

    /// - Parameter key: derived from the site key for this purpose alone.
    package init(key: [UInt8]) { self.key = key }

    package func make(for account: String) -> String {
        Base64URL.encode(HMAC.sha256(key: key, message: Array(account.utf8)))
    }

    package func proves(_ mark: String?, _ account: String) -> Bool {
        guard let mark, let bytes = Base64URL.decode(mark) else { return false }
        return Secrecy.equal(bytes, HMAC.sha256(key: key, message: Array(account.utf8)))
    }
}

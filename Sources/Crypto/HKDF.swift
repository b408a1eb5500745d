/// Keys out of a secret (RFC 5869, SHA-256).
package enum HKDF {
    /// - Parameter count: at most 8,160 bytes.
    package static func sha256(
        _ secret: [UInt8], salt: [UInt8], info: String, count: Int = 32
    ) -> [UInt8] {
        let key = HMAC.sha256(
            key: salt.isEmpty ? [UInt8](repeating: 0, count: 32) : salt, message: secret)
        var out: [UInt8] = []
        var block: [UInt8] = []
        var number: UInt8 = 1
        while out.count < count {
            block = HMAC.sha256(key: key, message: block + Array(info.utf8) + [number])
            out += block
            number += 1
        }
        return Array(out.prefix(count))
    }
}

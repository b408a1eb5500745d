import Basics
import CCrypt

/// A password as Node-RED on a device checks it: bcrypt, `$2b$10$…`. Only for what leaves the
/// appliance; our own passwords are scrypt. OpenSSL has no bcrypt, the system's libcrypt has it.
package enum BcryptHash {
    /// bcrypt looks at no byte after these.
    package static let longest = 72
    /// 10: about 0.1 s here. Node-RED's own `admin hash-pw` takes 8.
    private static let cost: UInt = 10

    /// Takes about 0.1 s: go through `PasswordHasher`.
    /// - Returns: `nil` for a password that is too long or holds NUL.
    static func make(_ password: String) -> String? {
        guard password.utf8.count <= longest, !password.utf8.contains(0) else { return nil }
        let salt = Randomness.bytes(16).map { CChar(bitPattern: $0) }
        var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        guard
            crypt_gensalt_rn("$2b$", cost, salt, 16, &setting, Int32(setting.count)) != nil
        else { return nil }
        return run(password, setting)
    }

    static func matches(_ password: String, _ hash: String) -> Bool {
        guard hash.hasPrefix("$2"), password.utf8.count <= longest else { return false }
        let derived = run(password, hash.utf8CString.map { $0 })
        return derived.map { Secrecy.equal(Array($0.utf8), Array(hash.utf8)) } ?? false
    }

    private static func run(_ password: String, _ setting: [CChar]) -> String? {
        // 32 KiB: too much for the stack of a worker.
        let work = UnsafeMutableRawBufferPointer.allocate(
            byteCount: MemoryLayout<crypt_data>.size, alignment: MemoryLayout<crypt_data>.alignment)
        work.initializeMemory(as: UInt8.self, repeating: 0)
        defer {
            work.initializeMemory(as: UInt8.self, repeating: 0)
            work.deallocate()
        }
        // `crypt_rn` answers NULL where `crypt_r` would answer "*0".
        guard
            let text = crypt_rn(password, setting, work.baseAddress, Int32(work.count))
        else { return nil }
        return String(cString: text)
    }
}

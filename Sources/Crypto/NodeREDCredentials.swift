import Basics
import COpenSSL

/// Node-RED's own file of credentials, `{"$":"<iv in hex><text in base64>"}`: AES-256-CTR under the
/// SHA-256 of the credential secret. It hides but does not protect: any bytes decrypt to something,
/// and only JSON tells right from wrong.
package struct NodeREDCredentials: Sendable {
    package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        case notCredentials
        /// Another secret made it, or it is damaged.
        case unreadable
        case openSSL(OpenSSLError)

        package var description: String {
            switch self {
            case .notCredentials: "This is not a file of Node-RED credentials."
            case .unreadable: "The credentials were encrypted with another secret."
            case .openSSL(let error): error.description
            }
        }
    }

    private let key: [UInt8]

    /// - Parameter secret: the text of Node-RED's setting `credentialSecret`.
    package init(secret: String) { key = Digest.sha256(Array(secret.utf8)) }

    /// - Parameter file: the bytes of flows_cred.json, up to 64 MiB.
    /// - Returns: JSON, an object from node id to its credentials. `{}` for a file without any.
    package func decrypt(_ file: [UInt8]) throws(Fault) -> [UInt8] {
        guard let json = try? JSONReader.read(file, limit: 64 << 20),
            case .object(let object) = json
        else { throw .notCredentials }
        if object.members.isEmpty { return Array("{}".utf8) }
        guard let sealed = object["$"]?.string, let (iv, text) = Self.parts(sealed) else {
            throw .notCredentials
        }
        let clear = try open(text, iv)
        guard let read = try? JSONReader.read(clear, limit: 64 << 20), read.object != nil else {
            throw .unreadable
        }
        return clear
    }

    /// One value as FlowFuse encrypts hidden variables: the same without the object around it.
    /// - Throws: `.unreadable` where what comes out is no UTF-8.
    package func decrypt(text sealed: String) throws(Fault) -> String {
        guard let (iv, text) = Self.parts(sealed) else { throw .notCredentials }
        guard let clear = String(validating: try open(text, iv), as: UTF8.self) else {
            throw .unreadable
        }
        return clear
    }

    package func encrypt(text: String) throws(Fault) -> String {
        try encrypt(text: text, iv: Randomness.bytes(16))
    }

    private func encrypt(text: String, iv: [UInt8]) throws(Fault) -> String {
        do throws(OpenSSLError) {
            var pass = try CipherPass(EVP_aes_256_ctr(), .encrypt, key: key, iv: iv)
            return Hex.encode(iv) + Base64URL.encodeClassic(try pass.run(Array(text.utf8)))
        } catch { throw .openSSL(error) }
    }

    private static func parts(_ sealed: String) -> (iv: [UInt8], text: [UInt8])? {
        guard sealed.utf8.count >= 32, let iv = Hex.decode(String(sealed.prefix(32))),
            iv.count == 16, let text = Base64URL.decode(String(sealed.dropFirst(32)))
        else { return nil }
        return (iv, text)
    }

    private func open(_ text: [UInt8], _ iv: [UInt8]) throws(Fault) -> [UInt8] {
        do throws(OpenSSLError) {
            var pass = try CipherPass(EVP_aes_256_ctr(), .decrypt, key: key, iv: iv)
            return try pass.run(text)
        } catch { throw .openSSL(error) }
    }

    /// - Parameter credentials: JSON, an object from node id to its credentials.
    package func encrypt(_ credentials: [UInt8]) throws(Fault) -> [UInt8] {
        Self.file(try encrypt(text: String(decoding: credentials, as: UTF8.self)))
    }

    private static func file(_ text: String) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in json.field("$", text) }
        return json.bytes
    }

    /// The same each time for the same credentials, so that nobody takes them for changed: the IV
    /// is a keyed digest of the text, and shows no more than that two texts are equal.
    package func encryptRepeatably(_ credentials: [UInt8]) throws(Fault) -> [UInt8] {
        let digest = HMAC.sha256(key: key, message: Array("lineside iv ".utf8) + credentials)
        let text = try encrypt(
            text: String(decoding: credentials, as: UTF8.self), iv: Array(digest.prefix(16)))
        return Self.file(text)
    }

    /// The same credentials under another instance's secret.
    package func reencrypt(_ file: [UInt8], for other: NodeREDCredentials) throws(Fault) -> [UInt8]
    {
        try other.encrypt(try decrypt(file))
    }
}

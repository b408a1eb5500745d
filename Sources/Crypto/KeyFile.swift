package import Basics
import Glibc

/// A key could not be had from its file.
package enum KeyFileError: Error, Sendable, Equatable, CustomStringConvertible {
    case system(SystemError)
    case notAKey(path: String, OpenSSLError)
    case openSSL(OpenSSLError)

    package var description: String {
        switch self {
        case .system(let error): error.description
        case .notAKey(let path, let error): "\(path) is not a key (\(error.reason))."
        case .openSSL(let error): error.description
        }
    }
}

/// A PEM file that only its owner may read.
enum KeyFile {
    static func loadOrCreate(
        _ path: String, _ make: () throws(OpenSSLError) -> String
    ) throws(KeyFileError) -> String {
        do throws(SystemError) {
            return String(decoding: try Files.read(path, limit: .kibibytes(64)), as: UTF8.self)
        } catch {
            guard error.isMissing else { throw .system(error) }
        }
        let text: String
        do throws(OpenSSLError) { text = try make() } catch { throw .openSSL(error) }
        do throws(SystemError) {
            try Files.replace(path, with: Array(text.utf8), mode: 0o600)
        } catch { throw .system(error) }
        return text
    }
}

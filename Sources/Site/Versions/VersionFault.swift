package import Basics
package import Crypto
package import Store

/// Why a version was not kept, read, sent or taken in. Each is a sentence for the person who asked.
package enum VersionFault: Error, Sendable, Equatable, CustomStringConvertible {
    case vault(VaultFault)
    /// A file of the vault is damaged or missing: what cannot be read for it, as in
    /// "version 12 of instance “Line 3”".
    case lost(VaultFault, affects: [String])
    case store(StoreError)
    /// The credentials do not open with the secret that is on record for them.
    case credentials
    case secret(Sealer.Fault)
    case openSSL(OpenSSLError)
    /// An uploaded file that is no snapshot, or is not what its digest says.
    case invalidFile(String)
    case passphraseNeeded
    case wrongPassphrase
    case weakPassphrase
    case system(SystemError)

    package var description: String {
        switch self {
        case .vault(let fault): fault.description
        case .lost(let fault, let affects):
            "\(fault.description) Affected: \(affects.joined(separator: ", "))."
        case .store(.conflict(let sentence)): sentence
        case .store(.notFound(let what)): "\(what) is not there."
        case .store(.full): "The disk is full: free some space, nothing was lost."
        case .store: "The database cannot be used: try again."
        case .credentials:
            "The credentials of this version were encrypted with another secret: "
                + "restore it without them and enter them again."
        case .secret(let fault): fault.description
        case .openSSL(let error): error.description
        case .invalidFile(let sentence): sentence
        case .passphraseNeeded:
            "The file holds encrypted credentials: give the passphrase that it was made with."
        case .wrongPassphrase: "The passphrase is not the one that the file was made with."
        case .weakPassphrase: "The passphrase must have at least 12 characters."
        case .system(let error): "The file cannot be read: \(error)."
        }
    }
}

extension VersionFault {
    static func stored<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(VersionFault) -> Value {
        do throws(StoreError) { return try await body() } catch { throw .store(error) }
    }

    static func vaulted<Value>(
        _ body: () async throws(VaultFault) -> Value
    ) async throws(VersionFault) -> Value {
        do throws(VaultFault) { return try await body() } catch { throw .vault(error) }
    }
}

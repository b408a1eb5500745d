package import Basics
package import Crypto
import Glibc

/// The files of the site's authority. The key is the signer's alone; the certificates are anybody's.
///
/// `authority.pem` is the authority as the site made it, signed by itself; it stays as it is for
/// ever, since devices pin its key. `issuing.pem` is there where the plant's own root has signed
/// the same key: that certificate first, then what leads to the root, the root last.
package struct AuthorityFiles: Sendable, Equatable {
    package let directory: String
    /// Where the appliance puts what the plant's root has signed.
    package let issuingFile: String

    package init(directory: String, issuing: String) {
        self.directory = directory
        issuingFile = issuing
    }

    package init(_ paths: StatePaths) {
        self.init(directory: paths.certificateAuthority, issuing: paths.issuingCertificate)
    }

    package var keyFile: String { "\(directory)/authority.key" }
    package var certificateFile: String { "\(directory)/authority.pem" }
    package var journalFile: String { "\(directory)/signer.log" }
    package var ledgerFile: String { "\(directory)/signer.allowance" }
    /// What the plant's root had signed before: devices may show what was signed under it.
    package var formerFile: String { "\(Files.parent(of: issuingFile))/former.pem" }

    /// `nil` where there is none yet.
    package func certificate() throws(SiteAuthorityFault) -> Certificate? {
        try chain(in: certificateFile)?.certificates.first
    }

    /// What the plant's root has signed; `nil` where it has not.
    package func issuing() throws(SiteAuthorityFault) -> CertificateChain? {
        try chain(in: issuingFile)
    }

    /// The newest first.
    package func former() throws(SiteAuthorityFault) -> CertificateChain? {
        try chain(in: formerFile)
    }

    private func chain(in file: String) throws(SiteAuthorityFault) -> CertificateChain? {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(file, limit: CertificateChain.limit)
        } catch {
            if error.isMissing { return nil }
            throw .system(error)
        }
        do throws(OpenSSLError) {
            return try CertificateChain(pem: String(decoding: bytes, as: UTF8.self))
        } catch { throw .openSSL(error) }
    }

    /// For the signer, and for it alone: the authority as the site made it, with its key; made where
    /// there is none yet.
    package func ownIssuer() throws(SiteAuthorityFault) -> (issuer: Issuer, key: PrivateKey) {
        do throws(SystemError) { try Files.makeDirectory(directory) } catch { throw .system(error) }
        guard Files.exists(keyFile) || !Files.exists(certificateFile) else {
            throw .keyLost(directory: directory)
        }
        let key: PrivateKey
        do throws(KeyFileError) { key = try PrivateKey.load(file: keyFile) } catch {
            throw .key(error)
        }
        guard let existing = try certificate() else {
            // The word at the end tells two sites apart in a browser's list of authorities.
            let name = "Lineside site \(Randomness.text(count: 6, from: .readable))"
            let made: Issuer
            let pem: String
            do throws(OpenSSLError) {
                made = try Issuer.selfSigned(name, key: key)
                pem = try made.certificate.pem()
            } catch { throw .openSSL(error) }
            do throws(SystemError) {
                try Files.replace(certificateFile, with: Array(pem.utf8), mode: 0o644)
            } catch { throw .system(error) }
            return (made, key)
        }
        do throws(OpenSSLError) {
            return (try Issuer(certificate: existing, key: key), key)
        } catch { throw .keyLost(directory: directory) }
    }
}

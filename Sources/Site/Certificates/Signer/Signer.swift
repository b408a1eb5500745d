import Basics
package import Crypto
package import Domain

/// The signer, for callers that may not block: each question waits its turn on a thread of its own.
package actor Signer {
    private let link: any SignerLink
    private let executor = BlockingExecutor(label: "signer")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    package init(_ link: any SignerLink) { self.link = link }

    /// - Parameters:
    ///   - request: PKCS #10 in DER. Its subject counts for nothing: the device's id is granted.
    ///   - days: 1 to 3650, counted by the signer's clock.
    package func signDevice(
        _ request: [UInt8], device: Device.ID, days: Int
    ) throws(SignerFault) -> Certificate {
        try certificate(.device(request: request, id: device.text, days: days))
    }

    /// For names and addresses that the site has, as the signer sees it.
    package func signServer(
        _ request: [UInt8], names: [String], addresses: [String], days: Int
    ) throws(SignerFault) -> Certificate {
        try certificate(
            .server(request: request, names: names, addresses: addresses, days: days))
    }

    package func signRevocations(
        _ entries: [Revocation], number: UInt64
    ) throws(SignerFault) -> RevocationList {
        let pem = try link.ask(.revocations(entries, number: number))
        do throws(OpenSSLError) {
            return try RevocationList(pem: String(decoding: pem, as: UTF8.self))
        } catch { throw .unreachable("it answered no list (\(error.reason))") }
    }

    private func certificate(_ request: SignerRequest) throws(SignerFault) -> Certificate {
        let der = try link.ask(request)
        do throws(OpenSSLError) { return try Certificate(der: der) } catch {
            throw .unreachable("it answered no certificate (\(error.reason))")
        }
    }
}

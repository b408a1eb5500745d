package import Basics
package import Crypto
package import Domain
package import Store

/// Lets devices in: looks at what they prove, has their certificate signed, and writes everything
/// down in one transaction. Nothing that was signed counts before it is written down, so that a
/// power cut in between costs a device one more question and nothing else.
package actor EnrolmentDesk {
    /// What the desk knows of its own site.
    package struct Surroundings: Sendable {
        /// How bundles name the site.
        package var site: String
        /// Signs bundles.
        package var key: SigningKey
        /// PEM of whom devices trust.
        package var authorities: @Sendable () -> String
        /// SHA-256 of the authority's public key.
        package var pin: [UInt8]
        /// `https://10.0.0.5:8443`, the best first.
        package var urls: @Sendable () -> [String]
        package var clock: @Sendable () -> Timestamp
        /// Called when a request or what lets devices in is another than before.
        package var changed: @Sendable () -> Void

        package init(
            site: String, key: SigningKey, authorities: @escaping @Sendable () -> String,
            pin: [UInt8], urls: @escaping @Sendable () -> [String],
            clock: @escaping @Sendable () -> Timestamp = Timestamp.now,
            changed: @escaping @Sendable () -> Void = {}
        ) {
            self.site = site
            self.key = key
            self.authorities = authorities
            self.pin = pin
            self.urls = urls
            self.clock = clock
            self.changed = changed
        }
    }

    /// Who knocks.
    package struct Visit: Sendable {
        package var address: String
        /// Of the TLS connection; `nil` without TLS.
        package var exporter: [UInt8]?
        /// The site that its bundle names, if it says so.
        package var site: String?

        package init(address: String, exporter: [UInt8]?, site: String? = nil) {
            self.address = address
            self.exporter = exporter
            self.site = site
        }
    }

    package enum Outcome: Sendable {
        case issued(EnrolmentAnswer)
        /// Somebody is to compare this.
        case waiting(fingerprint: String)
    }

    package enum Fault: Error, Sendable, Equatable {
        case refusal(EnrolmentRefusal)
        /// The request is larger than `EnrolmentTerms.maximumRequestSize`.
        case tooLarge
        /// It is no request that we certify; a sentence that says why.
        case malformed(String)
        case signer(SignerFault)
        case store(StoreError)
        /// A secret could not be sealed or opened.
        case sealing
        /// A revocation that holds, and that the registry does not have.
        case unwritten(RevocationKeeper.Failure)
    }

    /// Proofs that were good, so that one that comes again on another connection is called what it
    /// is. Nothing depends on it, so it need not survive a restart: a proof is made over the keying
    /// material of its connection (RFC 9266), which holds random numbers of both ends, so that no
    /// other connection, nor one that goes on with its session, ever has it again.
    static let remembered = 4_096

    let stores: Stores
    let sealer: Sealer
    let signer: any DeviceSigner
    let surroundings: Surroundings
    let observer: any DeviceObserver
    let strangers: StrangerJournal
    let revocations: RevocationKeeper
    var limiter = EnrolmentLimiter()
    var seen: Set<[UInt8]> = []
    var order: [[UInt8]] = []
    let log = Log("enrolment")

    /// - Parameter strangers: of the whole site.
    package init(
        stores: Stores, sealer: Sealer, signer: any DeviceSigner, surroundings: Surroundings,
        observer: any DeviceObserver, strangers: StrangerJournal, revocations: RevocationKeeper
    ) {
        self.strangers = strangers
        self.revocations = revocations
        self.stores = stores
        self.sealer = sealer
        self.signer = signer
        self.surroundings = surroundings
        self.observer = observer
    }

    func store<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(Fault) -> Value {
        do throws(StoreError) { return try await body() } catch { throw .store(error) }
    }
}

extension EnrolmentDesk.Fault {
    init(_ fault: RequestFault) {
        self = fault == .tooLarge ? .tooLarge : .malformed(fault.description)
    }
}

extension EnrolmentDesk.Visit {
    package var actor: Actor { Actor(.nobody, address: address) }
}

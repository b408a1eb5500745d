/// Where each thing lies below the state directory.
package struct StatePaths: Sendable, Equatable {
    package let root: String
    package init(_ root: String) {
        self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    /// Held by the appliance that runs on this directory.
    package var lock: String { "\(root)/lock" }
    /// The databases stand here by the names that `Stores` gives them; this one is the first.
    package var registry: String { "\(root)/registry.db" }
    /// The key that seals what must be read back; 0600.
    package var siteKey: String { "\(root)/site.key" }
    /// The Ed25519 key that signs editor tokens; 0600.
    package var editorKey: String { "\(root)/editor.key" }
    /// The Ed25519 key that signs bundles; 0600.
    package var enrolmentKey: String { "\(root)/enrolment.key" }
    package var certificateAuthority: String { "\(root)/ca" }
    /// What a client trusts that wants to know this site.
    package var authorityCertificate: String { "\(certificateAuthority)/authority.pem" }
    package var serverCertificate: String { "\(root)/tls" }
    /// What anybody may read of the site's authority, and what the site was given to go with it.
    package var certificates: String { "\(root)/certificates" }
    /// The plant's own root has signed our authority: that, and what leads to the root.
    package var issuingCertificate: String { "\(certificates)/issuing.pem" }
    /// The list of revoked certificates, as devices fetch it.
    package var revocations: String { "\(certificates)/revoked.pem" }
    /// Where revocations stand that the registry could not be told.
    package var revocationReserve: String { "\(root)/revocations.reserve" }
    /// The public half of the key that backups are encrypted to.
    package var backupKey: String { "\(certificates)/backup.pub" }
    /// Its private half, sealed, until it is in a recovery kit.
    package var sealedRecoveryKey: String { "\(certificates)/recovery.sealed" }
    /// Where the signer is asked.
    package var signerSocket: String { "\(root)/signer.sock" }
    /// Of the site broker.
    package var broker: String { "\(root)/broker" }
    package var vault: String { "\(root)/vault" }
    package var stacks: String { "\(root)/stacks" }
    /// What is on its way in; emptied at each start.
    package var uploads: String { "\(root)/uploads" }
    package var instances: String { "\(root)/instances" }
    /// Our JavaScript for Node-RED, written from the executable at each start.
    package var runtime: String { "\(root)/runtime" }
    /// Files of audit events that the registry keeps no longer.
    package var audit: String { "\(root)/audit" }
    /// Where the other commands talk to the running appliance.
    package var adminSocket: String { "\(root)/admin.sock" }
}

import Basics
import Crypto
import Domain

/// By hand, for a device without any connection.
extension AgentEnrolment {
    /// What a person carries to the appliance.
    package func requestFile() throws(AgentEnrolmentFault) -> String {
        let key = try pendingKey()
        let request = try request(key)
        do throws(EnrolmentRequestFile.Fault) {
            return try EnrolmentRequestFile(
                request: request.der, facts: Self.facts(), sign: { try? key.sign($0) }
            ).text
        } catch { throw AgentEnrolmentFault(error.description) }
    }

    /// What the person brought back. Whose it is, nothing proves but the person's own look at the
    /// authority.
    /// - Parameter authority: its fingerprint as the appliance's page shows it.
    package func take(
        answer: [UInt8], authority: String? = nil
    ) throws(AgentEnrolmentFault) -> AgentIdentity {
        let key = try pendingKey()
        let carried: CarriedAnswer
        do throws(CarriedAnswer.Fault) {
            carried = try CarriedAnswer(answer) { box, bound in
                try? SealedBox.open(box, with: key, bound: bound)
            }
        } catch { throw AgentEnrolmentFault(error.description) }
        let identity = try identity(carried.answer, key)
        if let authority {
            let wanted = Self.plain(authority)
            guard Self.authorities(of: identity).contains(where: { Self.plain($0) == wanted })
            else { throw AgentEnrolmentFault("This answer is of another site's authority.") }
        }
        return try keep(identity, key)
    }

    /// Fingerprints of whom the device trusts from now on, as the appliance's page shows them.
    package static func authorities(of identity: AgentIdentity) -> [String] {
        let chain = try? CertificateChain(pem: identity.authorities)
        return (chain?.certificates ?? []).map { Hex.encode($0.fingerprint) }
    }

    /// Colons, blanks and the case of letters are typing habits.
    private static func plain(_ text: String) -> String {
        text.lowercased().filter { $0.isHexDigit }
    }
}

import Basics
import Domain

/// Why a device was not let in. One sentence.
package struct AgentEnrolmentFault: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    /// `EnrolmentRefusal.word`, where the appliance said no.
    let word: String?
    package init(_ text: String, word: String? = nil) {
        description = text
        self.word = word
    }
}

extension AgentEnrolment {
    /// By what this device came in last.
    var usedToken: String { "\(paths.key).token" }

    func ownUse(
        of token: EnrolmentToken.ID, _ fault: AgentEnrolmentFault
    ) -> AgentEnrolmentFault {
        guard fault.word == EnrolmentRefusal.used.word,
            let used = try? Files.read(usedToken, limit: .kibibytes(1)),
            String(decoding: used, as: UTF8.self) == token.text,
            let identity = try? AgentIdentityFile(paths).loadIdentity()
        else { return fault }
        return AgentEnrolmentFault(
            "This device came in with this bundle or code already, as “\(identity.name)”, and it "
                + "is used up: make a new one to enrol the device anew.", word: fault.word)
    }

    func mustBeBundle(_ text: [UInt8]) throws(AgentEnrolmentFault) {
        switch (try? JSONReader.read(text))?["kind"]?.string {
        case CarriedAnswer.kind:
            throw AgentEnrolmentFault(
                "This is no bundle, but an appliance's answer to a request: 'lineside agent "
                    + "import' takes it.")
        case EnrolmentRequestFile.kind:
            throw AgentEnrolmentFault(
                "This is no bundle, but a device's request: carry it to the appliance.")
        default: break
        }
    }
}

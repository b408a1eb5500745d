package import Basics
package import Domain
import Site
import Store

/// What lets devices in. Its secret is in the answer that makes it and nowhere else.
package struct EnrolmentTokenView: APIView {
    enum State: String, CaseIterable { case open, used, expired, revoked }

    let token: EnrolmentToken
    let state: State

    package init(token: EnrolmentToken, now: Timestamp) {
        self.token = token
        state =
            switch token.refusal(at: now) {
            case nil: .open
            case .expired: .expired
            case .used: .used
            default: .revoked
            }
    }

    package static var schema: Schema {
        let expect = Schema.object(
            nil, [.field("serial", .optional(.text)), .field("mac", .optional(.text))])
        return .object(
            "EnrolmentToken",
            [
                .field("id", .identifier),
                .field("kind", .words(EnrolmentToken.Kind.allCases.map(\.rawValue))),
                .field("name", .text), .field("teamId", .identifier),
                .field("applicationId", .optional(.identifier)),
                .field("groupId", .optional(.identifier)),
                .field("deviceId", .optional(.identifier)),
                .field("state", .words(State.allCases.map(\.rawValue))),
                .field("uses", .integer), .field("usesLeft", .integer),
                .field("confirm", .boolean), .field("expect", expect),
                .field("createdAt", .time), .field("createdBy", .text),
                .field("expiresAt", .optional(.time)), .field("revokedAt", .optional(.time)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", token.id)
            json.field("kind", token.kind.rawValue)
            json.field("name", token.name.text)
            json.field("teamId", token.teamID)
            json.field("applicationId", token.applicationID)
            json.field("groupId", token.groupID)
            json.field("deviceId", token.deviceID)
            json.field("state", state.rawValue)
            json.field("uses", token.usesMost)
            json.field("usesLeft", token.usesLeft)
            json.field("confirm", token.isConfirmed)
            json.object("expect") { json in
                json.field("serial", token.expectation.serial)
                json.field("mac", token.expectation.mac)
            }
            json.field("createdAt", token.createdAt)
            json.field("createdBy", token.createdBy)
            json.field("expiresAt", token.expiresAt)
            json.field("revokedAt", token.revokedAt)
        }
    }
}

/// A token that was made just now, with what is shown once.
package struct NewTokenView: APIView {
    let token: EnrolmentTokenView
    let bundle: String?
    let code: String?
    /// For the stock agent: its configuration file.
    let file: String?

    package init(token: EnrolmentTokenView, bundle: String?, code: String?, file: String?) {
        self.token = token
        self.bundle = bundle
        self.code = code
        self.file = file
    }

    package static var schema: Schema {
        .object(
            "NewEnrolmentToken",
            [
                .field("token", EnrolmentTokenView.schema), .field("bundle", .optional(.text)),
                .field("code", .optional(.text)), .field("deviceYml", .optional(.text)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("token", token)
            json.field("bundle", bundle)
            json.field("code", code)
            json.field("deviceYml", file)
        }
    }
}

/// A device that asked to be let in.
package struct EnrolmentView: APIView {
    let enrolment: Enrolment
    package init(enrolment: Enrolment) { self.enrolment = enrolment }

    package static var schema: Schema {
        let facts = Schema.object(
            nil,
            [
                .field("name", .optional(.text)), .field("model", .optional(.text)),
                .field("serial", .optional(.text)), .field("addresses", .list(.text)),
                .field("agentVersion", .optional(.text)),
            ])
        return .object(
            "Enrolment",
            [
                .field("id", .identifier),
                .field("state", .words(Enrolment.State.allCases.map(\.rawValue))),
                .field("fingerprint", .text), .field("facts", facts),
                .field("address", .optional(.text)), .field("tokenId", .optional(.identifier)),
                .field("teamId", .identifier), .field("deviceId", .optional(.identifier)),
                .field("serial", .optional(.text)), .field("createdAt", .time),
                .field("decidedAt", .optional(.time)), .field("decidedBy", .optional(.text)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", enrolment.id)
            json.field("state", enrolment.state.rawValue)
            json.field("fingerprint", enrolment.fingerprint)
            json.field("facts", enrolment.facts)
            json.field("address", enrolment.address)
            json.field("tokenId", enrolment.tokenID)
            json.field("teamId", enrolment.teamID)
            json.field("deviceId", enrolment.deviceID)
            json.field("serial", enrolment.serial)
            json.field("createdAt", enrolment.createdAt)
            json.field("decidedAt", enrolment.decidedAt)
            json.field("decidedBy", enrolment.decidedBy)
        }
    }
}

/// The answer to a request that was carried in.
package struct CarriedAnswerView: APIView {
    let device: DeviceView
    let fingerprint: String
    /// The text of the file to carry back.
    let answer: String

    package static var schema: Schema {
        .object(
            "EnrolmentRequestAnswer",
            [
                .field("device", DeviceView.schema), .field("fingerprint", .text),
                .field("answer", .text),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("device", device)
            json.field("fingerprint", fingerprint)
            json.field("answer", answer)
        }
    }
}

/// What the site says about certificates of devices.
package struct EnrolmentPolicyView: APIView {
    let policy: EnrolmentPolicy

    package static var schema: Schema {
        .object(
            "EnrolmentPolicy",
            [.field("certificateDays", .integer), .field("graceDays", .integer)])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("certificateDays", policy.certificateDays)
            json.field("graceDays", policy.graceDays)
        }
    }
}

package struct ChangeEnrolmentPolicy: APIBody {
    let certificateDays: Int?
    let graceDays: Int?

    package static var schema: Schema {
        .object(
            "ChangeEnrolmentPolicy",
            [
                .field("certificateDays", .integer, optional: true),
                .field("graceDays", .integer, optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        certificateDays = try json.int(
            "certificateDays", in: EnrolmentPolicy.certificateDaysLimits)
        graceDays = try json.int("graceDays", in: EnrolmentPolicy.graceDaysLimits)
    }
}

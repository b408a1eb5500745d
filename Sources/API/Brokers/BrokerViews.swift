package import Basics
package import Domain
package import Site

/// How the site's broker is.
package struct BrokerView: APIView {
    let status: BrokerStatus

    package init(status: BrokerStatus) { self.status = status }

    package static var schema: Schema {
        .object(
            "Broker",
            [
                .field("state", .words(BrokerStatus.State.allCases.map(\.rawValue))),
                .field("problem", .optional(.text)), .field("external", .boolean),
                .field("port", .optional(.integer)), .field("connections", .optional(.integer)),
                .field("dropped", .optional(.integer)), .field("messages", .optional(.integer)),
                .field(
                    "limits",
                    .object(
                        nil,
                        [
                            .field("messageBytes", .integer), .field("queuedMessages", .integer),
                            .field("queuedBytes", .integer), .field("inFlight", .integer),
                        ])),
                .field("unenforceable", .list(.text)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("state", status.state.rawValue)
            json.field("problem", status.problem)
            json.field("external", status.isExternal)
            json.field("port", status.port)
            json.field("connections", status.connections)
            json.field("dropped", status.dropped)
            json.field("messages", status.messages)
            json.object("limits") { json in
                json.field("messageBytes", BrokerConfiguration.messageLimit)
                json.field("queuedMessages", BrokerConfiguration.queuedMessages)
                json.field("queuedBytes", BrokerConfiguration.queuedBytes)
                json.field("inFlight", BrokerConfiguration.inFlight)
            }
            json.field("unenforceable", status.unenforceable)
        }
    }
}

/// A gateway or PLC as the API shows it.
package struct BrokerClientView: APIView {
    let client: BrokerClient
    /// Only in the answer that makes it.
    let password: String?

    package init(client: BrokerClient, password: String? = nil) {
        self.client = client
        self.password = password
    }

    package static var schema: Schema {
        .object(
            "BrokerClient",
            [
                .field("id", .identifier), .field("teamId", .identifier), .field("name", .text),
                .field("note", .text), .field("rules", .list(AccessRuleView.schema)),
                .field("enabled", .boolean), .field("createdAt", .time),
                .field("lastSeenAt", .optional(.time)), .field("password", .text, optional: true),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", client.id)
            json.field("teamId", client.teamID)
            json.field("name", client.name.text)
            json.field("note", client.note)
            json.field("rules", client.rules.map(AccessRuleView.init))
            json.field("enabled", client.isEnabled)
            json.field("createdAt", client.createdAt)
            json.field("lastSeenAt", client.lastSeenAt)
            if let password { json.field("password", password) }
        }
    }
}

package struct AccessRuleView: APIView {
    let rule: AccessRule

    package static var schema: Schema {
        .object(
            "AccessRule",
            [
                .field("access", .words(AccessRule.Access.allCases.map(\.rawValue))),
                .field("filter", .text),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("access", rule.access.rawValue)
            json.field("filter", rule.filter)
        }
    }
}

package struct BrokerPasswordView: APIView {
    let password: String

    package static var schema: Schema { .object("BrokerPassword", [.field("password", .text)]) }

    package func write(to json: inout JSONWriter) {
        json.object { $0.field("password", password) }
    }
}

import Basics

/// How each thing is named in audit events and alarms.
extension Team {
    package var reference: ObjectReference {
        ObjectReference(type: "team", id: id.text, name: name.text)
    }
}

extension Application {
    package var reference: ObjectReference {
        ObjectReference(type: "application", id: id.text, name: name.text)
    }
}

extension User {
    package var reference: ObjectReference {
        ObjectReference(type: "user", id: id.text, name: username.text)
    }
}

extension PersonalToken {
    package var reference: ObjectReference {
        ObjectReference(type: "token", id: id.text, name: name.text)
    }
}

extension Invitation {
    package var reference: ObjectReference {
        ObjectReference(type: "invitation", id: id.text, name: username?.text ?? "")
    }
}

extension Instance {
    package var reference: ObjectReference {
        ObjectReference(type: "instance", id: id.text, name: name.text)
    }
}

extension Stack {
    package var reference: ObjectReference {
        ObjectReference(type: "stack", id: id.text, name: name.text)
    }
}

extension Snapshot {
    package var reference: ObjectReference {
        ObjectReference(type: "snapshot", id: id.text, name: name.text)
    }
}

extension ObjectReference {
    package static let site = ObjectReference(type: "site", id: "site", name: "")
}

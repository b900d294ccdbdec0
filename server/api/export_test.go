package api

import (
	"orderhub/server/account"
	"orderhub/server/operator"
)

// OperatorKey marks the calls of the operator of this machine in their context.
var OperatorKey any = operatorKey{}

// RoleOf is the role that an operator needs for a method, 0 where none may call it.
func RoleOf(method string) operator.Role { return accesses[method].role }

// RightOf is the right that a merchant's key needs for a method, 0 where no merchant may call it.
func RightOf(method string) account.Right { return accesses[method].right }

// IsReading reports whether the method's name says that it changes nothing.
func IsReading(method string) bool { return isReading(method) }

// Changing are the methods by which operators change something.
func Changing() (methods []string) {
	for method, a := range accesses {
		if a.role != 0 && !isReading(method) {
			methods = append(methods, method)
		}
	}
	return methods
}

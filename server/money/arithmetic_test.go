package money_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// calculates are the operators whose result may leave the range of an amount.
var calculates = map[token.Token]bool{
	token.ADD: true, token.SUB: true, token.MUL: true, token.SHL: true,
	token.ADD_ASSIGN: true, token.SUB_ASSIGN: true, token.MUL_ASSIGN: true, token.SHL_ASSIGN: true,
	token.INC: true, token.DEC: true,
}

// Amounts are added, subtracted, negated and multiplied by this package alone, which says so when a result does not
// fit.
func TestNobodyElseCalculatesWithAmounts(t *testing.T) {
	found, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo |
			packages.NeedImports,
	}, "orderhub/server/...")
	require.NoError(t, err)
	require.NotEmpty(t, found)
	for _, p := range found {
		require.Empty(t, p.Errors, p.PkgPath)
		if p.PkgPath == "orderhub/server/money" {
			continue
		}
		for _, place := range calculations(p) {
			t.Errorf("%s: calculates with amounts unchecked", place)
		}
	}
}

// calculations are the places where a package calculates with amounts by operators. What is constant the compiler
// checks.
func calculations(p *packages.Package) (places []string) {
	unchecked := func(x ast.Expr) bool {
		value := p.TypesInfo.Types[x]
		return value.Value == nil && value.Type != nil && isAmount(value.Type)
	}
	for _, file := range p.Syntax {
		ast.Inspect(file, func(n ast.Node) bool {
			calculated := false
			switch n := n.(type) {
			case *ast.BinaryExpr:
				calculated = calculates[n.Op] && unchecked(n)
			case *ast.UnaryExpr:
				calculated = n.Op == token.SUB && unchecked(n)
			case *ast.AssignStmt:
				calculated = calculates[n.Tok] && isAmount(p.TypesInfo.Types[n.Lhs[0]].Type)
			case *ast.IncDecStmt:
				calculated = isAmount(p.TypesInfo.Types[n.X].Type)
			}
			if calculated {
				at := p.Fset.Position(n.Pos())
				places = append(places, fmt.Sprintf("%s:%d", at.Filename[strings.LastIndex(at.Filename, "/server/")+1:], at.Line))
			}
			return true
		})
	}
	return places
}

func isAmount(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == "Amount" && named.Obj().Pkg() != nil && named.Obj().Pkg().
		Path() == "orderhub/server/money"
}
